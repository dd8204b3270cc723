package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection to the broker for one command. Everything it throws is a {@link CliException} that
 * says what to do; a lost connection is not mended, since submitting again is safe.
 */
public final class JobBroker implements AutoCloseable {
  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(30);
  private static final int PERSISTENT = 2;

  private final BrokerSettings settings;
  private final Connection connection;
  private final InstantSource clock;

  private JobBroker(BrokerSettings settings, Connection connection, InstantSource clock) {
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
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(settings.host());
    factory.setPort(settings.port());
    factory.setVirtualHost(settings.virtualHost());
    factory.setUsername(settings.username());
    factory.setPassword(settings.password());
    factory.setConnectionTimeout(10_000);
    factory.setHandshakeTimeout(10_000);
    factory.setAutomaticRecoveryEnabled(false);
    try {
      if (settings.tls()) {
        // The JDK's trust store and host name checks, not the client's trust-all default.
        factory.useSslProtocol(javax.net.ssl.SSLContext.getDefault());
        factory.enableHostnameVerification();
      }
      return new JobBroker(settings, factory.newConnection("piecework submit"), clock);
    } catch (Exception e) { // I/O, time-outs, protocol errors, TLS: all mean "not connected"
      throw BrokerFaults.notConnected(settings, e);
    }
  }

  /**
   * Makes sure that jobs have somewhere to go. What is there already is left as it is; what is
   * missing (no worker has ever started) is declared as workers do.
   */
  public void prepare() {
    if (exists(channel -> channel.exchangeDeclarePassive(Topology.JOBS_EXCHANGE))
        && exists(channel -> channel.exchangeDeclarePassive(Topology.EVENTS_EXCHANGE))
        && exists(channel -> channel.queueDeclarePassive(Topology.JOBS_QUEUE))) {
      return;
    }
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(Topology.DEAD_LETTER_EXCHANGE, BuiltinExchangeType.FANOUT, true);
      channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, BuiltinExchangeType.TOPIC, true);
      channel.exchangeDeclare(Topology.JOBS_EXCHANGE, BuiltinExchangeType.DIRECT, true);
      channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Topology.jobsQueueArguments());
      channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      throw BrokerFaults.notDeclared(settings, e);
    }
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
   * @throws CliException with {@link ExitCode#UNROUTABLE} when no queue takes one of them
   */
  public void publish(List<JobMessage> jobs) {
    AtomicBoolean returned = new AtomicBoolean();
    try (Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      // A message that fits no queue is returned and then confirmed all the same: both must be
      // looked at. The return always comes first. (Qpid returns it and refuses to confirm.)
      channel.addReturnListener(_ -> returned.set(true));
      for (JobMessage job : jobs) {
        channel.basicPublish(
            Topology.JOBS_EXCHANGE,
            Topology.JOBS_QUEUE,
            true,
            properties(job),
            JobMessageCodec.encode(job));
      }
      boolean kept = channel.waitForConfirms(CONFIRM_TIMEOUT.toMillis());
      if (!kept && !returned.get()) {
        throw new CliException(
            ExitCode.BROKER_UNAVAILABLE,
            "the broker at "
                + settings.address()
                + " refused to keep the job (is it out of disk or memory?); see its log, then submit"
                + " again");
      }
    } catch (IOException | ShutdownSignalException e) {
      throw BrokerFaults.lost(settings, e);
    } catch (TimeoutException e) {
      throw new CliException(
          ExitCode.BROKER_UNAVAILABLE,
          "the broker at "
              + settings.address()
              + " did not confirm the job within "
              + CONFIRM_TIMEOUT.toSeconds()
              + " s (is it out of disk or memory?); see its log, then submit again: it stays one"
              + " job");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.INTERRUPTED, "interrupted while submitting; submit again");
    }
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
  }

  /**
   * The message id is this submission's, not the job's: by it workers tell somebody who asks again
   * (and is told again how the job ended) from the broker's delivering again.
   */
  private AMQP.BasicProperties properties(JobMessage job) {
    return new AMQP.BasicProperties.Builder()
        .contentType(JobMessageCodec.CONTENT_TYPE)
        .deliveryMode(PERSISTENT)
        .priority(job.options().priority())
        .messageId(UUID.randomUUID().toString())
        .timestamp(Date.from(clock.instant()))
        .appId("piecework-cli")
        .build();
  }

  /** Whether a passive declaration succeeds. A refused one closes its channel. */
  private boolean exists(PassiveDeclaration declaration) {
    Channel channel;
    try {
      channel = connection.createChannel();
    } catch (IOException | ShutdownSignalException e) {
      throw BrokerFaults.lost(settings, e);
    }
    try {
      declaration.run(channel);
      channel.close();
      return true;
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      if (BrokerFaults.replyCode(e) == AMQP.NOT_FOUND) {
        return false;
      }
      throw BrokerFaults.notDeclared(settings, e);
    }
  }

  @FunctionalInterface
  private interface PassiveDeclaration {
    void run(Channel channel) throws IOException;
  }

  @Override
  public void close() {
    // Aborting waits for nothing and throws nothing: all that mattered has been confirmed.
    connection.abort(2000);
  }
}
