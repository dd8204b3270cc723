package dev.piecework.worker.pipeline;

import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.step.StepExecution;

/**
 * Spring Batch's record of one run, between the run's own thread, which changes it, and the one
 * that writes it to SQL. The framework's objects belong to the run; what is written are copies.
 */
final class RunRecord {
  private final JobParameters parameters;
  private Execution execution;
  private final Map<String, Step> changedSteps = new LinkedHashMap<>();
  private boolean changed = true;

  /** The execution's number in SQL; 0 until it has a row. */
  private long row;

  RunRecord(JobExecution begun) {
    this.parameters = begun.getJobParameters();
    this.execution = Execution.of(begun);
  }

  /** A row of an execution. */
  record Execution(
      LocalDateTime created,
      @Nullable LocalDateTime started,
      @Nullable LocalDateTime ended,
      BatchStatus status,
      ExitStatus exit) {
    static Execution of(JobExecution execution) {
      return new Execution(
          execution.getCreateTime(),
          execution.getStartTime(),
          execution.getEndTime(),
          execution.getStatus(),
          execution.getExitStatus());
    }

    void copyTo(JobExecution row) {
      row.setCreateTime(created);
      if (started != null) {
        row.setStartTime(started);
      }
      if (ended != null) {
        row.setEndTime(ended);
      }
      row.setStatus(status);
      row.setExitStatus(exit);
    }
  }

  /** A row of a step. */
  record Step(
      String name,
      LocalDateTime created,
      @Nullable LocalDateTime started,
      @Nullable LocalDateTime ended,
      BatchStatus status,
      ExitStatus exit,
      long commits,
      long reads,
      long writes,
      long rollbacks) {
    static Step of(StepExecution step) {
      return new Step(
          step.getStepName(),
          step.getCreateTime(),
          step.getStartTime(),
          step.getEndTime(),
          step.getStatus(),
          step.getExitStatus(),
          step.getCommitCount(),
          step.getReadCount(),
          step.getWriteCount(),
          step.getRollbackCount());
    }

    void copyTo(StepExecution row) {
      row.setCreateTime(created);
      if (started != null) {
        row.setStartTime(started);
      }
      if (ended != null) {
        row.setEndTime(ended);
      }
      row.setStatus(status);
      row.setExitStatus(exit);
      row.setCommitCount(commits);
      row.setReadCount(reads);
      row.setWriteCount(writes);
      row.setRollbackCount(rollbacks);
    }
  }

  /**
   * What is to be written.
   *
   * @param row the execution's number in SQL; 0 if it has no row yet
   * @param steps that have changed, in their order
   */
  record Change(
      RunRecord record,
      JobParameters parameters,
      long row,
      Execution execution,
      List<Step> steps) {}

  synchronized void set(JobExecution now) {
    execution = Execution.of(now);
    changed = true;
  }

  synchronized void set(StepExecution now) {
    Step step = Step.of(now);
    changedSteps.put(step.name(), step);
    changed = true;
  }

  /** What has changed since the last time; empty if nothing has. */
  synchronized Optional<Change> take() {
    if (!changed) {
      return Optional.empty();
    }
    Change change =
        new Change(this, parameters, row, execution, List.copyOf(changedSteps.values()));
    changed = false;
    changedSteps.clear();
    return Optional.of(change);
  }

  /** A change is in SQL. */
  synchronized void written(long writtenRow) {
    row = writtenRow;
  }

  /** A change could not be written: it is to be taken again. */
  synchronized void putBack(Change change) {
    change.steps().forEach(step -> changedSteps.putIfAbsent(step.name(), step));
    changed = true;
  }
}
