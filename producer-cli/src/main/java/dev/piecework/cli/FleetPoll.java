package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.ControlClient;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks the fleet the same question again and again, in a thread of its own, so that a fleet that
 * does not answer stops no screen. A lost broker is connected to again.
 */
final class FleetPoll implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /**
   * Longer than workers take to say that their database is away when they are not told how long
   * they are waited for, as they are not over the embedded broker: 12 s.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final BrokerSettings settings;
  private final Question question;
  private final AtomicReference<@Nullable Answer> latest = new AtomicReference<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().unstarted(this::run);

  /** What is asked. */
  @FunctionalInterface
  interface Question {
    List<JobStatus> ask(ControlClient client) throws InterruptedException;
  }

  /** What came of it. */
  sealed interface Answer {
    /**
     * Rows.
     *
     * @param jobs as they stand
     */
    record Rows(List<JobStatus> jobs) implements Answer {}

    /**
     * Nothing.
     *
     * @param exitCode what kind of fault it is
     * @param problem in words
     */
    record Silence(ExitCode exitCode, String problem) implements Answer {}
  }

  FleetPoll(BrokerSettings settings, Question question) {
    this.settings = settings;
    this.question = question;
  }

  void start() {
    thread.start();
  }

  /** What has come since this was asked last. */
  Optional<Answer> take() {
    return Optional.ofNullable(latest.getAndSet(null));
  }

  private void run() {
    try {
      while (closed.getCount() > 0) {
        try (ControlClient client = ControlClient.connect(settings, PATIENCE)) {
          do {
            latest.set(new Answer.Rows(question.ask(client)));
          } while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
        } catch (CliException e) {
          latest.set(new Answer.Silence(e.exitCode(), String.valueOf(e.getMessage())));
          closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
  }
}
