package dev.piecework.worker.pipeline;

import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.step.StepExecution;

/**
 * Spring Batch's record of one run, between the run's own thread, which changes it, and the one
 * that writes it to SQL. The framework's objects belong to the run; what is written are copies.
 */
final class RunRecord {
  private final String jobKey;
  private final String jobId;
  private Execution execution;
  private final Map<String, Step> changedSteps = new LinkedHashMap<>();
  private boolean changed = true;

  /** The execution's number in SQL; 0 until it has a row. */
  private long rowId;

  /** Of the execution's row; whoever else writes it raises it too. */
  private int version;

  /**
   * @param jobKey what identifies the batch instance beside the job's name
   * @param jobId value of the one parameter
   */
  RunRecord(String jobKey, String jobId, JobExecution begun) {
    this.jobKey = jobKey;
    this.jobId = jobId;
    this.execution = Execution.of(begun);
  }

  /** How something ended, or stands. */
  record Exit(String status, String code, String message) {
    private static final int MAX_MESSAGE = 2500;

    static Exit of(Enum<?> status, ExitStatus exit) {
      String message = exit.getExitDescription();
      return new Exit(
          status.name(),
          exit.getExitCode(),
          message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE));
    }
  }

  /** A row of an execution. */
  record Execution(
      LocalDateTime created,
      @Nullable LocalDateTime started,
      @Nullable LocalDateTime ended,
      @Nullable LocalDateTime updated,
      Exit exit) {
    static Execution of(JobExecution execution) {
      return new Execution(
          execution.getCreateTime(),
          execution.getStartTime(),
          execution.getEndTime(),
          execution.getLastUpdated(),
          Exit.of(execution.getStatus(), execution.getExitStatus()));
    }
  }

  /** A row of a step. */
  record Step(
      String name,
      LocalDateTime created,
      @Nullable LocalDateTime started,
      @Nullable LocalDateTime ended,
      @Nullable LocalDateTime updated,
      Exit exit,
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
          step.getLastUpdated(),
          Exit.of(step.getStatus(), step.getExitStatus()),
          step.getCommitCount(),
          step.getReadCount(),
          step.getWriteCount(),
          step.getRollbackCount());
    }
  }

  /**
   * What is to be written.
   *
   * @param rowId the execution's row; 0 if it has none yet
   * @param version that the row must have
   * @param steps that have changed, in their order
   */
  record Change(
      RunRecord record,
      String jobKey,
      String jobId,
      long rowId,
      int version,
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
        new Change(
            this, jobKey, jobId, rowId, version, execution, List.copyOf(changedSteps.values()));
    changed = false;
    changedSteps.clear();
    return Optional.of(change);
  }

  /** A change is in SQL. */
  synchronized void written(long row, int rowVersion) {
    rowId = row;
    version = rowVersion;
  }

  /** A change could not be written: it is to be taken again. */
  synchronized void putBack(Change change) {
    change.steps().forEach(step -> changedSteps.putIfAbsent(step.name(), step));
    changed = true;
  }
}
