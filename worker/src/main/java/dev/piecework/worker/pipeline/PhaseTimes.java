package dev.piecework.worker.pipeline;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.listener.StepExecutionListener;
import org.springframework.batch.core.step.StepExecution;

/** Measures one run's step, however it ends. */
final class PhaseTimes implements StepExecutionListener {
  private final JobRun.Phase phase;
  private final RunMetrics metrics;
  private long begun;

  PhaseTimes(JobRun.Phase phase, RunMetrics metrics) {
    this.phase = phase;
    this.metrics = metrics;
  }

  @Override
  public void beforeStep(StepExecution step) {
    begun = System.nanoTime();
  }

  @Override
  public @Nullable ExitStatus afterStep(StepExecution step) {
    metrics.phase(phase, Duration.ofNanos(System.nanoTime() - begun));
    return null;
  }
}
