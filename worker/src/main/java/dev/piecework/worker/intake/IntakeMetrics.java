package dev.piecework.worker.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Counts what becomes of job messages. */
public final class IntakeMetrics {
  private static final Duration LONGEST_WAIT = Duration.ofDays(366);

  private final Counter claimed;
  private final Counter left;
  private final Counter refused;
  private final Timer wait;
  private final Clock clock;

  /** Registers its meters. */
  public IntakeMetrics(MeterRegistry registry, Clock clock) {
    this.clock = clock;
    this.claimed = messages(registry, "claimed");
    this.left = messages(registry, "left");
    this.refused = messages(registry, "refused");
    this.wait =
        Timer.builder("piecework.queue.wait")
            .description("Time from the publishing of a job's message to the claim of the job")
            .serviceLevelObjectives(
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                Duration.ofMinutes(10),
                Duration.ofHours(1))
            .register(registry);
  }

  private static Counter messages(MeterRegistry registry, String result) {
    return Counter.builder("piecework.messages")
        .description(
            "Job messages taken from the queue: job claimed, left alone because its row is enough, or refused")
        .tag("result", result)
        .register(registry);
  }

  /**
   * A job was claimed.
   *
   * @param published when its message was, by the publisher's clock, to the second; not every one
   *     says it
   */
  void claimed(Optional<Instant> published) {
    claimed.increment();
    published
        .map(then -> Duration.between(then, clock.instant()))
        .ifPresent(waited -> wait.record(plausible(waited)));
  }

  /** Publishers write whatever they like: a wait of a million years is no figure. */
  private static Duration plausible(Duration waited) {
    if (waited.isNegative()) {
      return Duration.ZERO;
    }
    return waited.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : waited;
  }

  /** A message needed nothing done. */
  void left() {
    left.increment();
  }

  /** A message was no job. */
  void refused() {
    refused.increment();
  }
}
