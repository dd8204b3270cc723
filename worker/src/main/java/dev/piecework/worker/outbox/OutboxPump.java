package dev.piecework.worker.outbox;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The thread that keeps the relay going: at once when woken after a commit, and every second in any
 * case, for what other workers have left behind.
 */
public final class OutboxPump implements AutoCloseable {
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration BUSY_POLL = Duration.ofMillis(50);

  private final OutboxRelay relay;
  private final Outbox outbox;
  private final Semaphore wake = new Semaphore(0);
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
    thread.start();
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

  private void run() {
    try {
      while (!closed) {
        OutboxRelay.Round round = relay.relay();
        switch (round) {
          case MORE -> {}
          case BUSY -> pause(BUSY_POLL);
          case EMPTY, FAILED -> pause(POLL);
        }
      }
    } catch (InterruptedException e) {
      // Only close() interrupts.
      Thread.currentThread().interrupt();
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
