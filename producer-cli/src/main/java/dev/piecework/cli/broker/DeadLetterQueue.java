package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Date;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The dead-letter queue, looked through over AMQP alone. A message is taken without being
 * acknowledged, and acknowledged only when what was to be done with it is done: whatever ends this
 * process or the connection, every other message is back in the queue, at its place.
 */
public final class DeadLetterQueue implements AutoCloseable {
  private static final int CONFIRM_MILLIS = 30_000;
  private static final int PERSISTENT = 2;
  private static final int CLOSE_MILLIS = 2000;

  private final BrokerSettings settings;
  private final InstantSource clock;
  private final Connection connection;

  /** Connects. */
  public DeadLetterQueue(BrokerSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.connection = Connections.open(settings);
  }

  /** What is to be done with a message. */
  public enum Verdict {
    /** Leave it where it is. */
    KEEP,
    /** Submit it again, then take it away. */
    REQUEUE,
    /** Take it away. */
    DELETE,
    /** Leave it, and all that come after it, without looking at those. */
    STOP
  }

  /** Looks at one message. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Decides about a message.
     *
     * @param body the message as it came; a note of its length where {@link
     *     DeadLetter#bytesNotRead} says that it was not read
     */
    Verdict visit(DeadLetter letter, byte[] body);
  }

  /** Hears of what has been done. */
  @FunctionalInterface
  public interface Done {
    /** The message was requeued or deleted, and is in the queue no more. */
    void done(DeadLetter letter);
  }

  /** Messages that lie there; 0 when there is no such queue, because no worker has ever been. */
  public int count() {
    if (!new Declarations(settings, connection).queueExists(Topology.DEAD_LETTER_QUEUE)) {
      return 0;
    }
    try (Channel channel = connection.createChannel()) {
      return Math.toIntExact(channel.messageCount(Topology.DEAD_LETTER_QUEUE));
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      throw BrokerFaults.lost(settings, e);
    }
  }

  /**
   * Goes through the queue from its oldest message on.
   *
   * @param limit messages to look at; what comes meanwhile is left for later
   * @throws CliException with {@link ExitCode#UNROUTABLE} when no queue takes what is requeued; the
   *     message is still there then
   */
  public void visit(int limit, Visitor visitor, Done done) {
    AtomicBoolean returned = new AtomicBoolean();
    Optional<Optional<String>> author = Optional.empty();
    // Closing the channel puts back what was not acknowledged.
    try (Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      channel.addReturnListener(_ -> returned.set(true));
      for (int index = 1; index <= limit; index++) {
        GetResponse got = channel.basicGet(Topology.DEAD_LETTER_QUEUE, false);
        if (got == null) {
          return;
        }
        DeadLetter letter = DeadLetter.of(index, got);
        switch (visitor.visit(letter, got.getBody())) {
          case KEEP -> {}
          case STOP -> {
            return;
          }
          case REQUEUE -> {
            if (author.isEmpty()) {
              author = Optional.of(Author.of(settings, connection, Topology.JOBS_EXCHANGE));
            }
            submit(channel, got, author.get(), returned);
            acknowledge(channel, got);
            done.done(letter);
          }
          case DELETE -> {
            acknowledge(channel, got);
            done.done(letter);
          }
        }
      }
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      throw BrokerFaults.lost(settings, e);
    }
  }

  private static void acknowledge(Channel channel, GetResponse got) throws IOException {
    channel.basicAck(got.getEnvelope().getDeliveryTag(), false);
  }

  /** A new submission: a new message id, so that a worker sees that somebody asks again. */
  private void submit(
      Channel channel, GetResponse got, Optional<String> author, AtomicBoolean returned)
      throws IOException, TimeoutException {
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .contentType(JobMessageCodec.CONTENT_TYPE)
            .deliveryMode(PERSISTENT)
            .priority(got.getProps().getPriority())
            .messageId(UUID.randomUUID().toString())
            .timestamp(Date.from(clock.instant()))
            .userId(author.orElse(null))
            .appId("piecework-cli")
            .build();
    channel.basicPublish(
        Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE, true, properties, got.getBody());
    boolean kept;
    try {
      kept = channel.waitForConfirms(CONFIRM_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.INTERRUPTED, "interrupted; dead letters not named stay");
    }
    if (returned.get() || !kept) {
      throw new CliException(
          returned.get() ? ExitCode.UNROUTABLE : ExitCode.BROKER_UNAVAILABLE,
          (returned.get()
                  ? "no queue takes jobs: start a worker, which binds " + Topology.JOBS_QUEUE
                  : "the broker refused to keep the job (is it out of disk or memory?)")
              + "; the dead letters not named stay where they are");
    }
  }

  @Override
  public void close() {
    connection.abort(CLOSE_MILLIS);
  }
}
