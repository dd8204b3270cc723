package dev.piecework.worker.pipeline;

import dev.piecework.worker.pipeline.RunRecord.Change;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.job.DefaultJobKeyGenerator;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.JobInstance;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.StepExecution;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Where runs have Spring Batch keep its record of them: in memory, and written to SQL a little
 * later by {@link #flush}, the changes of all runs in one transaction. Nobody is promised anything
 * by that record: what a run goes on from is the checkpoint, who may run is the lease, and how a
 * job stands is its row. A crash may cost the record of the last moments, or that of a run which
 * was that short; the next run puts in order what it finds ({@link BatchHistory}).
 *
 * <p>Written as it happens, in a transaction for each change, the record took three quarters of all
 * that a small job asked of the database (docs/performance.md).
 */
public final class RunRecords implements JobRepository {
  private static final Logger LOG = LoggerFactory.getLogger(RunRecords.class);

  private final RunRecordTable table;
  private final DefaultJobKeyGenerator keys = new DefaultJobKeyGenerator();
  private final Map<Long, RunRecord> records = new ConcurrentHashMap<>();

  /** Tells executions and steps of this process apart; SQL has numbers of its own. */
  private final AtomicLong numbers = new AtomicLong();

  RunRecords(RunRecordTable table) {
    this.table = table;
  }

  /** The record of a run that begins. */
  JobExecution begin(JobParameters parameters) {
    JobInstance instance = createJobInstance(Pipeline.JOB_NAME, parameters);
    JobExecution execution = new JobExecution(numbers.incrementAndGet(), instance, parameters);
    String jobId = String.valueOf(parameters.getString(Pipeline.JOB_ID));
    records.put(execution.getId(), new RunRecord(keys.generateKey(parameters), jobId, execution));
    return execution;
  }

  /** Writes down what has changed. What cannot be written now is tried again the next time. */
  public synchronized void flush() {
    List<Change> changes =
        records.values().stream().map(RunRecord::take).flatMap(Optional::stream).toList();
    if (changes.isEmpty()) {
      return;
    }
    try {
      table.write(changes);
      changes.forEach(this::written);
    } catch (DataAccessException | TransactionException e) {
      LOG.debug("records of runs are written one by one", e);
      changes.forEach(this::writeAlone);
    }
  }

  /** One that cannot be written must not keep the others from it. */
  private void writeAlone(Change change) {
    try {
      table.write(List.of(change));
      written(change);
    } catch (NonTransientDataAccessException e) {
      LOG.warn(
          "Spring Batch's record of a run of job {} is not written: {}",
          change.jobId(),
          String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
      written(change);
    } catch (DataAccessException | TransactionException e) {
      LOG.debug("the record of a run of job {} waits", change.jobId(), e);
      change.record().putBack(change);
    }
  }

  private void written(Change change) {
    if (change.execution().ended() != null) {
      records.values().remove(change.record());
    }
  }

  @Override
  public JobInstance createJobInstance(String jobName, JobParameters parameters) {
    return new JobInstance(numbers.incrementAndGet(), jobName);
  }

  @Override
  public StepExecution createStepExecution(String stepName, JobExecution execution) {
    StepExecution step = new StepExecution(numbers.incrementAndGet(), stepName, execution);
    execution.addStepExecution(step);
    return step;
  }

  @Override
  public void update(JobExecution execution) {
    execution.setLastUpdated(LocalDateTime.now(ZoneId.systemDefault()));
    if (execution.getStatus() == BatchStatus.STOPPING && execution.getEndTime() != null) {
      execution.upgradeStatus(BatchStatus.STOPPED);
    }
    RunRecord record = records.get(execution.getId());
    if (record != null) {
      record.set(execution);
    }
  }

  @Override
  public void update(StepExecution step) {
    step.setLastUpdated(LocalDateTime.now(ZoneId.systemDefault()));
    RunRecord record = records.get(step.getJobExecutionId());
    if (record != null) {
      record.set(step);
    }
  }

  /** Every run begins all steps anew. */
  @Override
  public @Nullable StepExecution getLastStepExecution(JobInstance instance, String stepName) {
    return null;
  }

  @Override
  public long getStepExecutionCount(JobInstance instance, String stepName) {
    return 0;
  }

  /** Nothing of ours is kept in contexts. */
  @Override
  public void updateExecutionContext(JobExecution execution) {}

  @Override
  public void updateExecutionContext(StepExecution step) {}
}
