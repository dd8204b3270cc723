package dev.piecework.worker.loop;

import dev.piecework.text.Causes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something at an interval, on a thread of its own, until closed. What it throws is logged and
 * the next round comes all the same: nothing that happens in one round may end a worker's duty.
 */
public final class Loop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

  private final String name;
  private final Duration interval;
  private final double jitter;
  private final Runnable round;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Pulse pulse = new Pulse();
  private final Thread thread;
  private volatile boolean roundFirst;

  /**
   * @param name of the thread
   * @param interval between the end of a round and the next
   * @param jitter share by which the interval varies at random, 0 to 1, so that a fleet spreads
   * @param round what is done
   */
  public Loop(String name, Duration interval, double jitter, Runnable round) {
    this.name = name;
    this.interval = interval;
    this.jitter = jitter;
    this.round = round;
    this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  /** As the thread is called. */
  public String name() {
    return name;
  }

  /**
   * What keeps it from turning, for people.
   *
   * @param patience longest round that is no fault
   * @return empty if it turns, or was not started, or is closed
   */
  public Optional<String> trouble(Duration patience) {
    return closed.getCount() == 0
        ? Optional.empty()
        : pulse.trouble(thread, patience.plus(interval.multipliedBy(2)));
  }

  /** Starts; the first round comes after one interval. */
  public void start() {
    pulse.beat();
    thread.start();
  }

  /** Starts with a round. */
  public void startAtOnce() {
    roundFirst = true;
    start();
  }

  private void run() {
    try {
      if (roundFirst) {
        turn();
      }
      while (!closed.await(pause().toMillis(), TimeUnit.MILLISECONDS)) {
        turn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void turn() {
    pulse.beat();
    try {
      round.run();
    } catch (RuntimeException e) {
      LOG.warn("{}: {}", name, Causes.line(e));
      LOG.debug("{}", name, e);
    }
    pulse.beat();
  }

  private Duration pause() {
    double factor = 1 + jitter * (2 * RandomGenerator.getDefault().nextDouble() - 1);
    return Duration.ofNanos((long) ((double) interval.toNanos() * factor));
  }

  /** Ends after the round at hand. */
  @Override
  public void close() {
    closed.countDown();
    try {
      if (thread.isAlive()) {
        thread.join(CLOSE_WAIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
