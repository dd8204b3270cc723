package dev.piecework.worker.intake;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.Topology;
import dev.piecework.worker.broker.BrokerConnection;
import dev.piecework.worker.broker.BrokerTopology;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.loop.Loop;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpAuthenticationException;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.Connection;
import org.springframework.amqp.rabbit.connection.ConnectionListener;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;

/**
 * The connection that jobs come by. A broker that refuses us ends the start; one that is away is
 * waited for, because a worker without a broker still owes its database renewals and sweeps.
 */
public final class BrokerLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerLink.class);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration REPEAT = Duration.ofSeconds(30);

  private final BrokerSettings settings;
  private final JobIntake intake;
  private final CachingConnectionFactory connections;
  private final DirectMessageListenerContainer container;
  private final Loop connecting;
  private final IntakeGate gate;
  private long closingsSeen;
  private String lastSaid = "";
  private long lastSaidAt;
  private volatile boolean connected;
  private volatile Optional<String> refusal = Optional.empty();
  private volatile boolean everConnected;
  private volatile boolean closing;

  /**
   * @param name what the broker's management shows
   * @param prefetch messages in hand at once: the worker's slots
   * @param gate while it is closed no job is taken, and those in hand are given back
   */
  public BrokerLink(
      BrokerSettings settings, String name, JobIntake intake, int prefetch, IntakeGate gate) {
    this.settings = settings;
    this.gate = gate;
    this.intake = intake;
    this.connections = new CachingConnectionFactory(BrokerConnection.factory(settings));
    connections.setConnectionNameStrategy(factory -> name);
    connections.addConnectionListener(new Watch());
    this.container = new DirectMessageListenerContainer(connections);
    container.setQueueNames(Topology.JOBS_QUEUE);
    container.setPrefetchCount(prefetch);
    container.setConsumersPerQueue(1);
    container.setAcknowledgeMode(AcknowledgeMode.MANUAL);
    container.setMessageListener(intake);
    container.setMissingQueuesFatal(false);
    container.setPossibleAuthenticationFailureFatal(false);
    container.setMonitorInterval(RETRY.toMillis());
    container.setFailedDeclarationRetryInterval(RETRY.toMillis());
    container.setRecoveryInterval(RETRY.toMillis());
    container.setShutdownTimeout(RETRY.toMillis());
    container.afterPropertiesSet();
    this.connecting = new Loop("broker", RETRY, 0.2, this::connect);
    gate.onChange(() -> Thread.ofVirtual().name("intake-gate").start(this::obeyGate));
  }

  /**
   * Gives back what lies unacknowledged when the gate closes, by closing the channel; a job at work
   * keeps its row, so that its message comes to nothing elsewhere.
   */
  private synchronized void obeyGate() {
    if (closing) {
      return;
    }
    if (container.isRunning() && gate.closings() != closingsSeen) {
      container.stop();
    }
    if (everConnected && !container.isRunning()) {
      consume();
    }
  }

  /**
   * Connects and consumes, or goes on trying in the background.
   *
   * @throws WorkerStartException if the broker is there and refuses us
   */
  public void start() {
    Attempt first = attempt();
    switch (first) {
      case Attempt.Connected() -> consume();
      case Attempt.Refused(String why) ->
          throw new WorkerStartException(
              ExitCode.BROKER_UNAVAILABLE,
              "the broker at %s refuses this worker: %s".formatted(settings.address(), why));
      case Attempt.Unreachable(String why) -> {
        sayUnreachable(why);
        connecting.start();
      }
    }
  }

  /** Whether jobs can arrive. */
  public boolean ready() {
    return connected && container.isRunning() && !closing && gate.jobsHeldBack().isEmpty();
  }

  /**
   * Why no job can arrive though the broker is there, or has not been found yet. A broker that was
   * there and is away is no such reason: as soon as it is back, this worker consumes.
   *
   * @return for people; empty if nothing is in the way
   */
  public Optional<String> obstacle() {
    Optional<String> held = gate.jobsHeldBack();
    if (held.isPresent()) {
      return held;
    }
    if (refusal.isPresent()) {
      return refusal.map("the broker refuses this worker: %s"::formatted);
    }
    if (!everConnected) {
      return Optional.of("has not been connected to the broker yet");
    }
    return connected && !container.isRunning()
        ? Optional.of("connected to the broker, but its queue is not consumed")
        : Optional.empty();
  }

  private sealed interface Attempt {
    record Connected() implements Attempt {}

    record Refused(String why) implements Attempt {}

    record Unreachable(String why) implements Attempt {}
  }

  /** Tries with a plain connection, whose failures say what they are. */
  private Attempt attempt() {
    com.rabbitmq.client.ConnectionFactory factory = BrokerConnection.factory(settings);
    try (com.rabbitmq.client.Connection connection = factory.newConnection("piecework-check")) {
      Channel channel = connection.createChannel();
      BrokerTopology.declare(channel);
      channel.close();
      return new Attempt.Connected();
    } catch (AuthenticationFailureException e) {
      return new Attempt.Refused(
          "user name or password are wrong; check PIECEWORK_BROKER_USERNAME and _PASSWORD");
    } catch (IOException | TimeoutException e) {
      if (e.getCause() instanceof ShutdownSignalException signal && !signal.isHardError()) {
        return new Attempt.Refused(
            "a queue or an exchange cannot be declared: " + signal.getReason());
      }
      if (e.getCause() instanceof ShutdownSignalException signal
          && signal.getReason() instanceof AMQP.Connection.Close close) {
        return new Attempt.Refused(close.getReplyText());
      }
      return new Attempt.Unreachable(
          e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
  }

  private void connect() {
    if (closing || container.isRunning() || gate.jobsHeldBack().isPresent()) {
      return;
    }
    switch (attempt()) {
      case Attempt.Connected() -> consume();
      case Attempt.Refused(String why) -> {
        refusal = Optional.of(why);
        LOG.warn("the broker at {} refuses this worker: {}", settings.address(), why);
      }
      case Attempt.Unreachable(String why) -> sayUnreachable(why);
    }
  }

  /** Says it when it changes, and now and then. */
  private void sayUnreachable(String why) {
    long now = System.nanoTime();
    if (why.equals(lastSaid) && now - lastSaidAt < REPEAT.toNanos()) {
      return;
    }
    lastSaid = why;
    lastSaidAt = now;
    LOG.warn(
        "the broker at {} cannot be reached ({}): trying again every {} s; check PIECEWORK_BROKER_URI",
        settings.address(),
        why,
        RETRY.toSeconds());
  }

  private synchronized void consume() {
    closingsSeen = gate.closings();
    if (gate.jobsHeldBack().isPresent()) {
      return;
    }
    try {
      container.start();
    } catch (AmqpException e) {
      LOG.warn("the broker went away again: {}", e.getMessage());
    }
  }

  /** Takes no new jobs; those in hand can still be acknowledged. */
  public void stopTaking() {
    closing = true;
    intake.close();
  }

  @Override
  public void close() {
    stopTaking();
    connecting.close();
    container.destroy();
    connections.destroy();
  }

  private final class Watch implements ConnectionListener {
    @Override
    public void onCreate(@Nullable Connection connection) {
      if (connection == null) {
        return;
      }
      // A broker that was restarted without its state has forgotten the queues.
      Channel channel = connection.createChannel(false);
      try {
        BrokerTopology.declare(channel);
        channel.close();
      } catch (IOException | TimeoutException e) {
        LOG.warn("queues could not be declared: {}", e.toString());
      }
      connected = true;
      everConnected = true;
      refusal = Optional.empty();
      LOG.info("connected to the broker at {}: taking jobs", settings.address());
    }

    @Override
    public void onFailed(Exception failure) {
      // The password was changed, or the user taken away, while this worker ran.
      refusal =
          failure instanceof AmqpAuthenticationException
              ? Optional.of("user name or password are wrong")
              : Optional.empty();
    }

    @Override
    public void onClose(Connection connection) {
      connected = false;
    }

    @Override
    public void onShutDown(ShutdownSignalException signal) {
      boolean was = connected;
      connected = false;
      if (was && !closing) {
        LOG.warn(
            "the connection to the broker at {} is lost ({}): trying again every {} s",
            settings.address(),
            reason(signal),
            RETRY.toSeconds());
      }
    }

    private static String reason(ShutdownSignalException signal) {
      return signal.getReason() instanceof AMQP.Connection.Close close
          ? close.getReplyText()
          : String.valueOf(signal.getMessage());
    }
  }
}
