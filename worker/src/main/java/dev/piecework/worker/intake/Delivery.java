package dev.piecework.worker.intake;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.connection.ChannelProxy;

/**
 * A message in this worker's hands.
 *
 * @param channel the very one it came by
 * @param tag its delivery tag there
 */
record Delivery(Channel channel, long tag) {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  /**
   * A message as the listener gets it. Spring's channels open themselves anew when they are used
   * after a loss; the tag means nothing there, or worse, another message.
   */
  static Delivery of(Channel channel, long tag) {
    return new Delivery(
        channel instanceof ChannelProxy proxy ? proxy.getTargetChannel() : channel, tag);
  }

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
