package dev.piecework.worker.pipeline;

import dev.piecework.worker.job.JobState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.function.Supplier;

/** Counts what runs come to. */
public final class RunMetrics {
  private final MeterRegistry registry;
  private final Counter leasesLost;
  private final Timer runs;

  /** Registers its meters. */
  public RunMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.leasesLost =
        Counter.builder("piecework.leases.lost")
            .description("Leases that another worker has taken, or that expired unrenewed")
            .register(registry);
    this.runs =
        Timer.builder("piecework.runs").description("Time that a run took").register(registry);
  }

  <T> T timed(Supplier<T> run) {
    Timer.Sample sample = Timer.start(registry);
    try {
      return run.get();
    } finally {
      sample.stop(runs);
    }
  }

  void ended(JobState state) {
    Counter.builder("piecework.runs.ended")
        .description("Runs by the state that they left the job in")
        .tag("state", state.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }

  void leaseLost() {
    leasesLost.increment();
  }
}
