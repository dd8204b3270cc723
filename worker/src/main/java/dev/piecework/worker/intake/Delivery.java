package dev.piecework.worker.intake;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message in this worker's hands. That it is gone is normal: the broker takes unacknowledged
 * messages back when a connection breaks or its consumer timeout passes, and delivers them again;
 * the job row then says that there is nothing to do. The first answer counts, from whatever thread.
 */
final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  private final Channel channel;
  private final long tag;
  private final boolean alone;
  private final AtomicBoolean answered = new AtomicBoolean();

  /**
   * @param channel the very one it came by
   * @param tag its delivery tag there
   * @param alone whether the channel has served its purpose with it
   */
  Delivery(Channel channel, long tag, boolean alone) {
    this.channel = channel;
    this.tag = tag;
    this.alone = alone;
  }

  private interface Answer {
    void give() throws IOException;
  }

  /** The job's fate is written, or its row is enough. */
  void acknowledge() {
    answer(() -> channel.basicAck(tag, false));
  }

  /** Another worker may have it. */
  void giveBack() {
    answer(() -> channel.basicReject(tag, true));
  }

  /** Nobody can do anything with it: the broker makes it a dead letter. */
  void setAside() {
    answer(() -> channel.basicReject(tag, false));
  }

  private void answer(Answer answer) {
    if (!answered.compareAndSet(false, true)) {
      return;
    }
    try {
      answer.give();
      if (alone) {
        channel.close();
      }
    } catch (IOException | TimeoutException | AlreadyClosedException e) {
      LOG.debug("delivery {} is gone: {}", tag, e.toString());
    }
  }
}
