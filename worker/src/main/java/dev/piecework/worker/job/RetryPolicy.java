package dev.piecework.worker.job;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a job is tried again after a transient fault.
 *
 * @param maxAttempts attempts in a row without progress before the fault is final
 * @param firstDelay before the second attempt; doubles from there
 * @param maxDelay longest delay
 */
public record RetryPolicy(int maxAttempts, Duration firstDelay, Duration maxDelay) {

  /** Whether a job that has failed this often in a row is given up. */
  public boolean exhausted(int failures) {
    return failures >= maxAttempts;
  }

  /**
   * How long to wait: doubled for each failure, give or take a fifth, so that a fleet that lost the
   * same thing does not come back at once.
   *
   * @param failures in a row, from 1
   */
  public Duration delay(int failures, RandomGenerator random) {
    double doubled = (double) firstDelay.toMillis() * Math.pow(2, Math.min(failures - 1, 40));
    double bounded = Math.min(doubled, (double) maxDelay.toMillis());
    return Duration.ofMillis(Math.round(bounded * (0.8 + 0.4 * random.nextDouble())));
  }

  /** The same with another number of attempts: a job's own. */
  public RetryPolicy withMaxAttempts(int attempts) {
    return new RetryPolicy(attempts, firstDelay, maxDelay);
  }
}
