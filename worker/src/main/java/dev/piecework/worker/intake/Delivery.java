package dev.piecework.worker.intake;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message in this worker's hands.
 *
 * @param channel where it came from
 * @param tag its delivery tag there
 */
record Delivery(Channel channel, long tag) {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  /**
   * Acknowledges. That the delivery is gone is normal: the broker takes unacknowledged messages
   * back when a connection breaks or its consumer timeout passes, and delivers them again; the job
   * row then says that there is nothing to do.
   */
  void acknowledge() {
    try {
      channel.basicAck(tag, false);
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("delivery {} is gone: {}", tag, e.toString());
    }
  }
}
