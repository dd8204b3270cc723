package dev.piecework.worker.store;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a request is repeated: delays double up to a bound, and each is shortened by up to a half at
 * random, so that a fleet that lost its store does not come back all at once.
 *
 * @param retries repetitions after the first try
 * @param delay before the first repetition
 * @param maxDelay longest delay
 */
record RetryPolicy(int retries, Duration delay, Duration maxDelay) {
  /**
   * @param repetition from 1
   */
  Duration delayBefore(int repetition, RandomGenerator random) {
    // Beyond 30 doublings every delay is at its bound, and the shift would overflow.
    long doubled = delay.toMillis() << Math.min(repetition - 1, 30);
    long bound = Math.clamp(doubled, 1, maxDelay.toMillis());
    return Duration.ofMillis(bound - random.nextLong(bound / 2 + 1));
  }
}
