package dev.piecework.tracker;

import java.time.Duration;
import java.util.Optional;

/**
 * When to announce again: intervals that trackers ask for, kept sane, and the delay of failures.
 */
final class AnnounceTiming {
  /** What counts when a tracker names no interval. */
  static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(30);

  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(10);
  private static final Duration SHORTEST_MIN_INTERVAL = Duration.ofSeconds(5);
  private static final Duration LONGEST_INTERVAL = Duration.ofHours(24);
  private static final Duration DEFAULT_MIN_INTERVAL = Duration.ofMinutes(1);
  private static final Duration FIRST_FAILURE = Duration.ofSeconds(5);
  private static final Duration PER_SQUARED_FAILURE = Duration.ofMillis(12_500);
  private static final Duration LONGEST_FAILURE_DELAY = Duration.ofMinutes(60);

  private AnnounceTiming() {}

  /** Time to the next regular announce: within 10 seconds and 24 hours. */
  static Duration interval(Optional<Duration> interval, Optional<Duration> minInterval) {
    Duration asked = interval.orElse(DEFAULT_INTERVAL);
    return clip(max(asked, minInterval.orElse(Duration.ZERO)));
  }

  /** Time before which not even a torrent without peers asks again. */
  static Duration minInterval(Optional<Duration> interval, Optional<Duration> minInterval) {
    Duration regular = interval(interval, minInterval);
    return min(
        regular,
        minInterval.map(asked -> max(asked, SHORTEST_MIN_INTERVAL)).orElse(DEFAULT_MIN_INTERVAL));
  }

  /**
   * How long to leave a tracker alone: 5 s + 12.5 s x fails², an hour at most.
   *
   * @param fails failures in a row, from 1
   */
  static Duration afterFailure(int fails) {
    long squared = (long) Math.min(fails, 1000) * Math.min(fails, 1000);
    return min(
        FIRST_FAILURE.plus(PER_SQUARED_FAILURE.multipliedBy(squared)), LONGEST_FAILURE_DELAY);
  }

  private static Duration clip(Duration asked) {
    return min(max(asked, SHORTEST_INTERVAL), LONGEST_INTERVAL);
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
