package dev.piecework.worker.intake;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The jobs queue, one message at a time and only when somebody has room for it. A prefetch counts
 * messages, and a job's may have 16 MiB: pushed ahead of free slots they would fill the heap. So
 * what waits is fetched ({@code basic.get}); and when nothing does, one consumer with a prefetch of
 * one waits, which ends with its first message. What is unacknowledged in this worker is what its
 * running jobs came by, and at most one message beside them.
 *
 * <p>A consumer has a channel of its own, because Qpid counts a prefetch by channel. Used by one
 * thread.
 */
final class JobQueue {
  private final Connection connection;
  private Channel fetching;
  private Optional<Door> door = Optional.empty();

  JobQueue(Connection connection) throws IOException {
    this.connection = connection;
    this.fetching = connection.createChannel();
  }

  /**
   * The next message.
   *
   * @return empty if none came in time
   * @throws IOException if the connection or the queue is lost; also as a {@link
   *     com.rabbitmq.client.ShutdownSignalException}
   */
  Optional<Incoming> next(Duration atMost) throws IOException, InterruptedException {
    if (door.isEmpty()) {
      if (!fetching.isOpen()) {
        // Closed by the broker when one of its messages was held for longer than it allows.
        fetching = connection.createChannel();
      }
      GetResponse got = fetching.basicGet(Topology.JOBS_QUEUE, false);
      if (got != null) {
        return Optional.of(
            Incoming.of(fetching, got.getEnvelope(), got.getProps(), got.getBody(), false));
      }
      door = Optional.of(new Door(connection.createChannel()));
    }
    Door open = door.get();
    Optional<Incoming> came = open.await(atMost);
    if (came.isPresent()) {
      door = Optional.empty();
      open.cancel();
    } else if (!open.isOpen()) {
      door = Optional.empty();
      throw new IOException("the consumer of " + Topology.JOBS_QUEUE + " was cancelled");
    }
    return came;
  }

  /** Consumes nothing until {@link #next} is called again; what has just come is given back. */
  void rest() throws IOException {
    if (door.isPresent()) {
      Door open = door.get();
      door = Optional.empty();
      open.cancel();
      open.came.forEach(message -> message.delivery().giveBack());
      if (open.came.isEmpty()) {
        open.channel.abort();
      }
    }
  }

  /** A consumer that waits for one message. */
  private static final class Door {
    private final Channel channel;
    private final LinkedBlockingQueue<Incoming> came = new LinkedBlockingQueue<>();
    private final String tag;
    private volatile boolean cancelled;

    Door(Channel channel) throws IOException {
      this.channel = channel;
      channel.basicQos(1);
      this.tag =
          channel.basicConsume(
              Topology.JOBS_QUEUE,
              false,
              (_, message) ->
                  came.add(
                      Incoming.of(
                          channel,
                          message.getEnvelope(),
                          message.getProperties(),
                          message.getBody(),
                          true)),
              _ -> cancelled = true);
    }

    Optional<Incoming> await(Duration atMost) throws InterruptedException {
      return Optional.ofNullable(came.poll(atMost.toMillis(), TimeUnit.MILLISECONDS));
    }

    boolean isOpen() {
      return channel.isOpen() && !cancelled;
    }

    void cancel() throws IOException {
      if (isOpen()) {
        channel.basicCancel(tag);
      }
    }
  }
}
