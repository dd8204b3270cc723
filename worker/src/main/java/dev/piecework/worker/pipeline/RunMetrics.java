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
  private final Counter downloadedBytes;
  private final Counter sentBytes;
  private final Counter parts;

  /** Registers its meters. */
  public RunMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.leasesLost =
        Counter.builder("piecework.leases.lost")
            .description("Leases that another worker has taken, or that expired unrenewed")
            .register(registry);
    this.downloadedBytes = bytes("piecework.downloaded", "Block bytes taken from peers");
    this.sentBytes = bytes("piecework.sent", "Block bytes given to peers");
    this.parts =
        Counter.builder("piecework.parts")
            .description("Parts and small objects uploaded and written down")
            .register(registry);
    this.runs =
        Timer.builder("piecework.runs").description("Time that a run took").register(registry);
  }

  private Counter bytes(String name, String description) {
    return Counter.builder(name).baseUnit("bytes").description(description).register(registry);
  }

  void committed(long downloaded, long sent, int uploadedParts) {
    downloadedBytes.increment((double) downloaded);
    sentBytes.increment((double) sent);
    parts.increment(uploadedParts);
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
