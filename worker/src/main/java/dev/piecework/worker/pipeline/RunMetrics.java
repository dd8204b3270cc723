package dev.piecework.worker.pipeline;

import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.JobState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Counts what runs come to. Every label that can be is there from the start, at zero. */
public final class RunMetrics {
  private static final Set<JobState> LEFT_IN =
      Set.of(
          JobState.COMPLETED,
          JobState.FAILED,
          JobState.RETRYING,
          JobState.QUEUED,
          JobState.PAUSED,
          JobState.CANCELLING);

  private final Timer runs;
  private final Counter firstRuns;
  private final Counter laterRuns;
  private final Map<JobState, Counter> ended = new EnumMap<>(JobState.class);
  private final Map<Fault.Kind, Counter> faults = new EnumMap<>(Fault.Kind.class);
  private final Map<JobRun.Phase, Timer> phases = new EnumMap<>(JobRun.Phase.class);
  private final Counter leasesLost;
  private final Counter parts;
  private final Counter uploadedBytes;
  private final Timer checkpoints;

  /** Registers its meters. */
  public RunMetrics(MeterRegistry registry) {
    this.runs =
        Timer.builder("piecework.runs").description("Time that a run took").register(registry);
    this.firstRuns = started(registry, "first");
    this.laterRuns = started(registry, "later");
    for (JobState state : LEFT_IN) {
      ended.put(
          state,
          Counter.builder("piecework.runs.ended")
              .description("Runs by the state that they left the job in")
              .tag("state", lower(state))
              .register(registry));
    }
    for (Fault.Kind kind : Fault.Kind.values()) {
      faults.put(
          kind,
          Counter.builder("piecework.faults")
              .description("Runs that ended badly, by what went wrong")
              .tag("kind", lower(kind))
              .register(registry));
    }
    for (JobRun.Phase phase : JobRun.Phase.values()) {
      phases.put(
          phase,
          Timer.builder("piecework.phase")
              .description("Time that a run spent in a phase")
              .tag("phase", phase.wireName())
              .serviceLevelObjectives(
                  Duration.ofSeconds(1),
                  Duration.ofSeconds(10),
                  Duration.ofMinutes(1),
                  Duration.ofMinutes(10),
                  Duration.ofHours(1),
                  Duration.ofHours(6))
              .register(registry));
    }
    this.leasesLost =
        Counter.builder("piecework.leases.lost")
            .description("Leases that another worker has taken, or that expired unrenewed")
            .register(registry);
    this.parts =
        Counter.builder("piecework.parts")
            .description("Parts and small objects uploaded and written down")
            .register(registry);
    this.uploadedBytes =
        Counter.builder("piecework.uploaded")
            .baseUnit("bytes")
            .description("Bytes of the parts uploaded and written down")
            .register(registry);
    this.checkpoints =
        Timer.builder("piecework.checkpoint")
            .description("Time that writing a checkpoint took")
            .serviceLevelObjectives(
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10))
            .register(registry);
  }

  private static Counter started(MeterRegistry registry, String kind) {
    return Counter.builder("piecework.runs.started")
        .description(
            "Runs begun: the first of a job, or a later one that goes on from a checkpoint")
        .tag("kind", kind)
        .register(registry);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  void started(int attempt) {
    (attempt <= 1 ? firstRuns : laterRuns).increment();
  }

  /** Runs and measures the writing of a checkpoint. */
  void checkpoint(Runnable write) {
    checkpoints.record(write);
  }

  void committed(int uploadedParts, long bytes) {
    parts.increment(uploadedParts);
    uploadedBytes.increment((double) bytes);
  }

  <T> T timed(Supplier<T> run) {
    return runs.record(run);
  }

  /** A phase has ended, however it did. */
  void phase(JobRun.Phase phase, Duration time) {
    timer(phase).record(time);
  }

  private Timer timer(JobRun.Phase phase) {
    Timer timer = phases.get(phase);
    if (timer == null) {
      throw new IllegalStateException("a phase that is not measured: " + phase);
    }
    return timer;
  }

  void ended(JobState state) {
    Counter counter = ended.get(state);
    if (counter != null) {
      counter.increment();
    }
  }

  void faulted(Fault.Kind kind) {
    Counter counter = faults.get(kind);
    if (counter != null) {
      counter.increment();
    }
  }

  void leaseLost() {
    leasesLost.increment();
  }
}
