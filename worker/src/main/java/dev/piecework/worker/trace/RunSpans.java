package dev.piecework.worker.trace;

import dev.piecework.message.TraceParent;
import dev.piecework.worker.settings.TracingSettings;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * One span for each run of a job: a child of whatever submitted it, in the trace that the job's
 * events carry too. Records nothing without an endpoint, and nothing of a job without a trace.
 */
public final class RunSpans implements AutoCloseable {
  private static final String NAME = "piecework.job.run";

  private final Optional<SpanExport> export;
  private final RandomGenerator random;
  private final InstantSource clock;

  /**
   * @param worker this worker's identity
   * @param version of its program
   */
  public RunSpans(
      TracingSettings settings,
      String worker,
      String version,
      RandomGenerator random,
      InstantSource clock) {
    this.export =
        settings
            .traces()
            .map(uri ->
                new SpanExport(
                    uri,
                    Map.of(
                        "service.name",
                        "piecework-worker",
                        "service.instance.id",
                        worker,
                        "service.version",
                        version)));
    this.random = random;
    this.clock = clock;
  }

  /** A run that goes on. */
  @FunctionalInterface
  public interface Open {
    /**
     * Ends it.
     *
     * @param outcome in a word
     * @param error why it failed; empty if it did not
     */
    void end(String outcome, Optional<String> error);
  }

  /**
   * A run begins.
   *
   * @param trace that the job's message belongs to
   */
  public Open begin(Optional<TraceParent> trace, String jobId, int attempt, long epoch) {
    if (export.isEmpty() || trace.isEmpty()) {
      return (_, _) -> {};
    }
    Instant start = clock.instant();
    return (outcome, error) -> {
      Instant end = clock.instant();
      export
          .get()
          .add(
              new Span(
                  trace.get(),
                  newId(),
                  NAME,
                  start,
                  end.isBefore(start) ? start : end,
                  Map.of(
                      "piecework.job.id",
                      jobId,
                      "piecework.job.attempt",
                      Integer.toString(attempt),
                      "piecework.job.epoch",
                      Long.toString(epoch),
                      "piecework.job.outcome",
                      outcome),
                  error));
    };
  }

  private String newId() {
    long id = 0;
    while (id == 0) {
      id = random.nextLong();
    }
    return "%016x".formatted(id);
  }

  @Override
  public void close() {
    export.ifPresent(SpanExport::close);
  }
}
