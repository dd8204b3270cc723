package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.Topology;
import dev.piecework.message.TraceParent;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A connection to the broker for one command. Everything it throws is a {@link CliException} that
 * says what to do; a lost connection is not mended, since submitting again is safe.
 */
public final class JobBroker implements AutoCloseable {
  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(30);
  private static final int PERSISTENT = 2;

  /** Unconfirmed messages, and their bytes, before the broker is waited for. */
  private static final int CONFIRM_COUNT = 500;

  private static final long CONFIRM_BYTES = 8 << 20;

  private final BrokerSettings settings;
  private final Connection connection;
  private final InstantSource clock;

  /** Of all that this command submits: whoever runs it may have begun one. */
  private final TraceParent trace =
      Optional.ofNullable(System.getenv("TRACEPARENT"))
          .flatMap(TraceParent::parse)
          .orElseGet(() -> TraceParent.fresh(new SecureRandom()));

  JobBroker(BrokerSettings settings, Connection connection, InstantSource clock) {
    this.settings = settings;
    this.connection = connection;
    this.clock = clock;
  }

  /**
   * Connects and logs in.
   *
   * @throws CliException with {@link ExitCode#BROKER_UNAVAILABLE} when that fails
   */
  public static JobBroker connect(BrokerSettings settings, InstantSource clock) {
    return new JobBroker(settings, Connections.open(settings), clock);
  }

  /**
   * Makes sure that jobs have somewhere to go. What is there already is left as it is; what is
   * missing (no worker has ever started) is declared as workers do.
   */
  public void prepare() {
    new Declarations(settings, connection).jobs();
  }

  /**
   * Begins to listen to the events of jobs. Call before {@link #publish}, so that none is missed.
   *
   * @param jobIds the jobs
   */
  public JobEvents listen(List<String> jobIds) {
    try {
      return JobEvents.open(settings, connection.createChannel(), jobIds);
    } catch (IOException | ShutdownSignalException e) {
      throw BrokerFaults.lost(settings, e);
    }
  }

  /**
   * Sends jobs and waits until the broker has written them down.
   *
   * @param jobs asked for one at a time, since there may be more than fit into memory
   * @throws CliException with {@link ExitCode#UNROUTABLE} when no queue takes one of them
   */
  public void publish(Iterable<JobMessage> jobs) {
    publish(jobs, _ -> {});
  }

  /**
   * The same.
   *
   * @param messageIds told the message id of each before it is sent
   */
  public void publish(Iterable<JobMessage> jobs, Consumer<String> messageIds) {
    AtomicBoolean returned = new AtomicBoolean();
    long sent = 0;
    Optional<String> author = Author.of(settings, connection, Topology.JOBS_EXCHANGE);
    try (Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      // A message that fits no queue is returned and then confirmed all the same: both must be
      // looked at. The return always comes first. (Qpid returns it and refuses to confirm.)
      channel.addReturnListener(_ -> returned.set(true));
      int batch = 0;
      long batchBytes = 0;
      for (JobMessage job : jobs) {
        byte[] message = JobMessageCodec.encode(job);
        String messageId = UUID.randomUUID().toString();
        messageIds.accept(messageId);
        channel.basicPublish(
            Topology.JOBS_EXCHANGE,
            Topology.JOBS_QUEUE,
            true,
            properties(job, messageId, author),
            message);
        batch++;
        batchBytes += message.length;
        if (batch == CONFIRM_COUNT || batchBytes >= CONFIRM_BYTES) {
          confirm(channel, returned);
          sent += batch;
          batch = 0;
          batchBytes = 0;
        }
      }
      confirm(channel, returned);
    } catch (IOException | ShutdownSignalException e) {
      throw counted(sent, BrokerFaults.lost(settings, e));
    } catch (TimeoutException e) {
      throw counted(
          sent,
          new CliException(
              ExitCode.BROKER_UNAVAILABLE,
              "the broker at "
                  + settings.address()
                  + " did not confirm the job within "
                  + CONFIRM_TIMEOUT.toSeconds()
                  + " s (is it out of disk or memory?); see its log, then submit again: it stays"
                  + " one job"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.INTERRUPTED, "interrupted while submitting; submit again");
    }
  }

  private static CliException counted(long sent, CliException fault) {
    return sent == 0
        ? fault
        : new CliException(
            fault.exitCode(), fault.getMessage() + " (" + sent + " jobs are on the queue)");
  }

  private void confirm(Channel channel, AtomicBoolean returned)
      throws InterruptedException, TimeoutException {
    boolean kept = channel.waitForConfirms(CONFIRM_TIMEOUT.toMillis());
    if (returned.get()) {
      throw new CliException(
          ExitCode.UNROUTABLE,
          "no queue takes jobs: exchange "
              + Topology.JOBS_EXCHANGE
              + " at "
              + settings.address()
              + " has no queue bound with key "
              + Topology.JOBS_QUEUE
              + "; start a worker, which binds it, or restore the binding");
    }
    if (!kept) {
      throw new CliException(
          ExitCode.BROKER_UNAVAILABLE,
          "the broker at "
              + settings.address()
              + " refused to keep the job (is it out of disk or memory?); see its log, then submit"
              + " again");
    }
  }

  /**
   * The message id is this submission's, not the job's: by it workers tell somebody who asks again
   * (and is told again how the job ended) from the broker's delivering again.
   */
  private AMQP.BasicProperties properties(
      JobMessage job, String messageId, Optional<String> author) {
    return new AMQP.BasicProperties.Builder()
        .contentType(JobMessageCodec.CONTENT_TYPE)
        .deliveryMode(PERSISTENT)
        .priority(job.options().priority())
        .messageId(messageId)
        .timestamp(Date.from(clock.instant()))
        .headers(Map.of(TraceParent.HEADER, trace.value()))
        .userId(author.orElse(null))
        .appId("piecework-cli")
        .build();
  }

  @Override
  public void close() {
    // Aborting waits for nothing and throws nothing: all that mattered has been confirmed.
    connection.abort(2000);
  }
}
