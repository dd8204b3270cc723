package dev.piecework.worker.outbox;

import dev.piecework.worker.loop.Pulse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that keeps the relay going: at once when woken after a commit, and every second in any
 * case, for what other workers have left behind.
 */
public final class OutboxPump implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutboxPump.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration BUSY_POLL = Duration.ofMillis(50);

  /** How long events wait for company: a round costs the same for one as for a hundred. */
  private static final Duration GATHER = Duration.ofMillis(10);

  private final OutboxRelay relay;
  private final Outbox outbox;
  private final Semaphore wake = new Semaphore(0);
  private final Pulse pulse = new Pulse();
  private final Thread thread;
  private volatile boolean closed;

  /** Made at rest; see {@link #start}. */
  public OutboxPump(OutboxRelay relay, Outbox outbox) {
    this.relay = relay;
    this.outbox = outbox;
    this.thread = Thread.ofVirtual().name("outbox").unstarted(this::run);
  }

  /** Starts. */
  public void start() {
    pulse.beat();
    thread.start();
  }

  /**
   * What keeps it from publishing, for people; a broker or a database that is away does not.
   *
   * @param patience longest round that is no fault
   * @return empty if it turns, or was not started, or is closed
   */
  public Optional<String> trouble(Duration patience) {
    return closed ? Optional.empty() : pulse.trouble(thread, patience);
  }

  /** Says that something has been committed. */
  public void wake() {
    if (wake.availablePermits() == 0) {
      wake.release();
    }
  }

  /**
   * Waits until nothing of a job is left to be published.
   *
   * @return false if the time was over first
   */
  public boolean flush(String jobId, Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (outbox.anyPending(jobId)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      wake();
      Thread.sleep(BUSY_POLL);
    }
    return true;
  }

  /**
   * Whether a message is one that Piecework itself put back on the queue: not what its header says
   * decides, which anybody can write, but what is in the outbox.
   *
   * @param messageId AMQP message id; empty if it has none
   */
  public boolean continues(String jobId, String messageId) {
    return !messageId.isEmpty() && outbox.hasContinuation(jobId, messageId);
  }

  private void run() {
    try {
      while (!closed) {
        OutboxRelay.Round round = round();
        pulse.beat();
        switch (round) {
          case MORE -> {}
          case BUSY -> pause(BUSY_POLL);
          case DONE -> {
            Thread.sleep(GATHER);
            pause(POLL);
          }
          case EMPTY, FAILED -> pause(POLL);
        }
      }
    } catch (InterruptedException e) {
      // Only close() interrupts.
      Thread.currentThread().interrupt();
    }
  }

  /** No defect of one round may end the thread: without it no event leaves the worker. */
  private OutboxRelay.Round round() {
    try {
      return relay.relay();
    } catch (RuntimeException e) {
      LOG.error("outbox: unexpected failure, going on", e);
      return OutboxRelay.Round.FAILED;
    }
  }

  private void pause(Duration time) throws InterruptedException {
    if (wake.tryAcquire(time.toMillis(), TimeUnit.MILLISECONDS)) {
      wake.drainPermits();
    }
  }

  /** Stops after the round at hand. */
  @Override
  public void close() {
    closed = true;
    wake();
    try {
      if (thread.isAlive()) {
        thread.join(Duration.ofSeconds(15));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
