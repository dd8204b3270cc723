package dev.piecework.worker.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** Counts what becomes of job messages. */
public final class IntakeMetrics {
  private final Counter claimed;
  private final Counter left;
  private final Counter refused;
  private final Timer wait;

  /** Registers its meters. */
  public IntakeMetrics(MeterRegistry registry) {
    this.claimed = messages(registry, "claimed");
    this.left = messages(registry, "left");
    this.refused = messages(registry, "refused");
    this.wait =
        Timer.builder("piecework.queue.wait")
            .description("Time for which a job was queued until a worker claimed it")
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

  /** A message has led to a claim. */
  void claimed() {
    claimed.increment();
  }

  /**
   * A job was claimed, by a message or without.
   *
   * @param time for which it was queued
   */
  void waited(Duration time) {
    wait.record(time.isNegative() ? Duration.ZERO : time);
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
