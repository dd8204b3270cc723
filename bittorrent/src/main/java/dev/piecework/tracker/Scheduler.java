package dev.piecework.tracker;

import java.time.Duration;
import java.util.concurrent.Executor;

/** The clock of everything here, so that tests can move it. */
interface Scheduler {
  /** As {@link System#nanoTime()}: only differences mean anything. */
  long nanoTime();

  /**
   * Runs a task on {@code owner} after a delay.
   *
   * @return to cancel it; a task that is already on its way may still run
   */
  Timer schedule(Executor owner, Duration delay, Runnable task);

  /** A task that waits for its time. */
  @FunctionalInterface
  interface Timer {
    /** Takes it back. */
    void cancel();

    /** One that is not there. */
    static Timer none() {
      return () -> {};
    }
  }
}
