package dev.piecework.worker.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What happens after a transient fault.
 *
 * @param maxAttempts attempts in a row without progress before the fault is final; a job may set
 *     its own
 * @param firstDelay before the second attempt; doubles from there, give or take a fifth
 * @param maxDelay longest delay
 */
@ConfigurationProperties("piecework.retry")
public record RetrySettings(
    @DefaultValue("5") int maxAttempts,
    @DefaultValue("5s") Duration firstDelay,
    @DefaultValue("5m") Duration maxDelay) {

  /** Validates. */
  public RetrySettings {
    Checks.between("piecework.retry.max-attempts", maxAttempts, 1, 1000);
    Checks.atLeast("piecework.retry.first-delay", firstDelay, Duration.ofMillis(1));
    Checks.atLeast(
        "piecework.retry.max-delay", maxDelay, "piecework.retry.first-delay", firstDelay);
  }
}
