package dev.piecework.cli;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Measures elapsed time: it starts at the time of day and from then on goes by a monotonic clock,
 * so that a time of day that is set anew, by hand or by NTP, ends no waiting early or late. Not for
 * times that are shown or sent: after such a change it is off.
 */
public final class SteadyClock implements InstantSource {
  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();

  private SteadyClock() {}

  /** Starts now. */
  public static SteadyClock start() {
    return new SteadyClock();
  }

  @Override
  public Instant instant() {
    return start.plusNanos(System.nanoTime() - startNanos);
  }
}
