package dev.piecework.worker.intake;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.exit.ExitCode;
import dev.piecework.text.ForeignText;
import dev.piecework.worker.broker.BrokerConnection;
import dev.piecework.worker.broker.BrokerFaults;
import dev.piecework.worker.broker.BrokerTopology;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection that jobs come by, and the thread that takes them off the queue. A broker that
 * refuses us ends the start; one that is away is waited for, because a worker without a broker
 * still owes its database renewals and sweeps. One that begins to refuse us later, because the
 * password was changed, is tried again with what the password's file says then.
 */
public final class BrokerLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerLink.class);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration REPEAT = Duration.ofSeconds(30);

  /** How long a closed gate, a full worker or the end of it may go unnoticed. */
  private static final Duration LOOK = Duration.ofMillis(200);

  private static final Duration STOP_WAIT = Duration.ofSeconds(1);
  private static final int CLOSE_MILLISECONDS = 1000;

  private final BrokerSettings settings;
  private final String name;
  private final JobIntake intake;
  private final IntakeGate gate;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Optional<Link> link = Optional.empty();
  private volatile Optional<String> refusal = Optional.empty();
  private volatile boolean everConnected;
  private String lastSaid = "";
  private long lastSaidAt;

  private record Link(Connection connection, JobQueue queue) {}

  /**
   * @param name what the broker's management shows
   * @param gate while it is closed no job is taken
   */
  public BrokerLink(BrokerSettings settings, String name, JobIntake intake, IntakeGate gate) {
    this.settings = settings;
    this.name = name;
    this.intake = intake;
    this.gate = gate;
    this.thread = Thread.ofVirtual().name("intake").unstarted(this::run);
    gate.onChange(() -> Thread.ofVirtual().name("intake-gate").start(this::obeyGate));
  }

  /**
   * Connects and takes jobs, or goes on trying in the background.
   *
   * @throws WorkerStartException if the broker is there and refuses us
   */
  public void start() {
    if (attempt() instanceof Attempt.Refused(String why)) {
      throw new WorkerStartException(
          ExitCode.BROKER_UNAVAILABLE,
          "the broker at %s refuses this worker: %s".formatted(settings.address(), why));
    }
    thread.start();
  }

  /** Whether jobs can arrive. */
  public boolean ready() {
    return isConnected() && !isClosing() && gate.jobsHeldBack().isEmpty();
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
    return Optional.empty();
  }

  private boolean isConnected() {
    return link.filter(now -> now.connection().isOpen()).isPresent();
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void run() {
    try {
      while (!isClosing()) {
        round();
      }
      rest();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() throws InterruptedException {
    Optional<Link> now = link.filter(each -> each.connection().isOpen());
    if (now.isEmpty()) {
      if (!(attempt() instanceof Attempt.Connected)) {
        closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
      }
      return;
    }
    if (gate.jobsHeldBack().isPresent()) {
      rest();
      closing.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
      return;
    }
    if (!intake.awaitRoom(LOOK)) {
      return;
    }
    Optional<Incoming> message;
    try {
      message = now.get().queue().next(LOOK);
    } catch (IOException | ShutdownSignalException e) {
      // With the connection, or with the queue that somebody has deleted: both are made anew.
      LOG.debug("the jobs queue is lost: {}", e.toString());
      now.get().connection().abort(CLOSE_MILLISECONDS);
      return;
    }
    if (message.isPresent()) {
      intake.take(message.get());
    } else {
      intake.takeWithoutMessages();
    }
  }

  private void obeyGate() {
    if (gate.jobsHeldBack().isPresent()) {
      intake.giveBackUndecided();
    }
  }

  private void rest() {
    try {
      if (isConnected()) {
        link.orElseThrow().queue().rest();
      }
    } catch (IOException | ShutdownSignalException e) {
      LOG.debug("the broker takes back what was on its way: {}", e.toString());
    }
  }

  private sealed interface Attempt {
    record Connected() implements Attempt {}

    record Refused(String why) implements Attempt {}

    record Unreachable(String why) implements Attempt {}
  }

  private Attempt attempt() {
    Attempt attempt = tried();
    switch (attempt) {
      case Attempt.Connected() -> {
        refusal = Optional.empty();
        everConnected = true;
        lastSaid = "";
        LOG.info("connected to the broker at {}: taking jobs", settings.address());
      }
      case Attempt.Refused(String why) -> {
        refusal = Optional.of(why);
        say("the broker at {} refuses this worker ({}): trying again every {} s", why);
      }
      case Attempt.Unreachable(String why) -> {
        // It may let us in when it is back.
        refusal = Optional.empty();
        say(
            "the broker at {} cannot be reached ({}): trying again every {} s; check PIECEWORK_BROKER_URI",
            why);
      }
    }
    return attempt;
  }

  private Attempt tried() {
    Connection connection;
    try {
      connection = BrokerConnection.open(settings, name);
    } catch (AuthenticationFailureException e) {
      return new Attempt.Refused(
          "user name or password are wrong; check PIECEWORK_BROKER_USERNAME and _PASSWORD, or the file of the password, which is read again each time");
    } catch (IllegalArgumentException e) {
      return new Attempt.Refused(String.valueOf(e.getMessage()));
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      return failed(e);
    }
    try {
      Channel channel = connection.createChannel();
      // A broker that was restarted without its state has forgotten the queues.
      BrokerTopology.declare(channel);
      channel.close();
      JobQueue queue = new JobQueue(connection);
      connection.addShutdownListener(this::lost);
      link = Optional.of(new Link(connection, queue));
      return new Attempt.Connected();
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      connection.abort(CLOSE_MILLISECONDS);
      return failed(e);
    }
  }

  private static Attempt failed(Exception e) {
    Throwable cause = e instanceof ShutdownSignalException ? e : e.getCause();
    if (cause instanceof ShutdownSignalException signal && !signal.isHardError()) {
      return new Attempt.Refused(
          "a queue or an exchange cannot be declared: " + BrokerFaults.words(signal));
    }
    if (cause instanceof ShutdownSignalException signal
        && signal.getReason() instanceof AMQP.Connection.Close close) {
      return new Attempt.Refused(ForeignText.line(close.getReplyText()));
    }
    return new Attempt.Unreachable(BrokerFaults.words(e));
  }

  /** Says it when it changes, and now and then. */
  private void say(String text, String why) {
    long now = System.nanoTime();
    if (why.equals(lastSaid) && now - lastSaidAt < REPEAT.toNanos()) {
      return;
    }
    lastSaid = why;
    lastSaidAt = now;
    LOG.warn(text, settings.address(), why, RETRY.toSeconds());
  }

  private void lost(ShutdownSignalException signal) {
    if (!isClosing()) {
      LOG.warn(
          "the connection to the broker at {} is lost ({}): trying again every {} s",
          settings.address(),
          BrokerFaults.words(signal),
          RETRY.toSeconds());
    }
  }

  /** Takes no new jobs; those in hand can still be acknowledged. */
  public void stopTaking() {
    intake.close();
    closing.countDown();
    // Its thread may hang in the database.
    intake.giveBackUndecided();
    try {
      if (thread.isAlive() && !thread.join(STOP_WAIT)) {
        LOG.debug("the broker is slow to say that nothing more comes");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopTaking();
    link.ifPresent(now -> now.connection().abort(CLOSE_MILLISECONDS));
  }
}
