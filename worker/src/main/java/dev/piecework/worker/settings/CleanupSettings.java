package dev.piecework.worker.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What is left when jobs have ended, and how long it stays.
 *
 * @param interval how often to look; every worker does
 * @param uploadAge an upload that was about to begin and is in no checkpoint is looked for and
 *     aborted after this long; at least {@code piecework.store.call-timeout}
 * @param failedKeep how long the uploads and the checkpoint of a failed job wait for it to be
 *     submitted again; after that it would start from nothing
 * @param jobKeep how long the rows of a job that has ended are kept; submitted again after that, it
 *     is a new job
 */
@ConfigurationProperties("piecework.cleanup")
public record CleanupSettings(
    @DefaultValue("10m") Duration interval,
    @DefaultValue("30m") Duration uploadAge,
    @DefaultValue("7d") Duration failedKeep,
    @DefaultValue("90d") Duration jobKeep) {

  /** Validates. */
  public CleanupSettings {
    Checks.between(
        "piecework.cleanup.interval", interval, Duration.ofMillis(50), Duration.ofDays(1));
    Checks.atLeast("piecework.cleanup.upload-age", uploadAge, Duration.ZERO);
    Checks.atLeast("piecework.cleanup.failed-keep", failedKeep, Duration.ZERO);
    Checks.atLeast(
        "piecework.cleanup.job-keep", jobKeep, "piecework.cleanup.failed-keep", failedKeep);
  }

  /**
   * Checks what holds between settings: a request that begins an upload may still be on its way for
   * as long as a request may take.
   *
   * @param callTimeout {@code piecework.store.call-timeout}
   * @throws IllegalArgumentException if uploads would be looked for before that
   */
  public void requireAtLeast(Duration callTimeout) {
    if (uploadAge.compareTo(callTimeout) < 0) {
      throw new IllegalArgumentException(
          "piecework.cleanup.upload-age is %d ms: expected at least piecework.store.call-timeout, which is %d ms, because an upload may begin until then. Raise the one (PIECEWORK_CLEANUP_UPLOAD_AGE) or lower the other (PIECEWORK_STORE_CALL_TIMEOUT)"
              .formatted(uploadAge.toMillis(), callTimeout.toMillis()));
    }
  }
}
