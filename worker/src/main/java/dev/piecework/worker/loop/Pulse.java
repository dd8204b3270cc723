package dev.piecework.worker.loop;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * When a thread that goes round and round last moved. Beaten by that thread, looked at by others.
 */
public final class Pulse {
  private final LongSupplier nanoClock;
  private volatile long lastBeat;

  /** Beats for the first time now. */
  public Pulse() {
    this(System::nanoTime);
  }

  Pulse(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.lastBeat = nanoClock.getAsLong();
  }

  /** The thread has moved. */
  public void beat() {
    lastBeat = nanoClock.getAsLong();
  }

  /**
   * What is wrong, for people.
   *
   * @param thread whose pulse this is; one that was never started is not missed
   * @param patience longest time between two beats that is no fault
   * @return empty if it lives
   */
  public Optional<String> trouble(Thread thread, Duration patience) {
    if (thread.getState() == Thread.State.NEW) {
      return Optional.empty();
    }
    if (!thread.isAlive()) {
      return Optional.of("its thread has ended");
    }
    long still = nanoClock.getAsLong() - lastBeat;
    return still <= patience.toNanos()
        ? Optional.empty()
        : Optional.of("has not moved for %d s".formatted(Duration.ofNanos(still).toSeconds()));
  }
}
