package dev.piecework.worker.pipeline;

import dev.piecework.worker.pipeline.RunRecord.Change;
import dev.piecework.worker.pipeline.RunRecord.Step;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.JobInstance;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.repository.support.JdbcJobRepositoryFactoryBean;
import org.springframework.batch.core.step.StepExecution;
import org.springframework.batch.infrastructure.item.ExecutionContext;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.interceptor.MatchAlwaysTransactionAttributeSource;
import org.springframework.transaction.support.TransactionTemplate;

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

  private final JobRepository sql;
  private final TransactionTemplate transactions;
  private final Map<Long, RunRecord> records = new ConcurrentHashMap<>();

  /** Tells executions and steps of this process apart; SQL has numbers of its own. */
  private final AtomicLong numbers = new AtomicLong();

  /**
   * @param sql the framework's own repository, taking part in transactions: {@link #repository}
   */
  RunRecords(JobRepository sql, TransactionTemplate transactions) {
    this.sql = sql;
    this.transactions = transactions;
  }

  /**
   * The framework's own repository, but for its transactions: the one that it makes by itself
   * begins a new one for each row that it inserts, ours takes part in the one that is there.
   */
  static JobRepository repository(DataSource dataSource, TransactionTemplate transactions)
      throws Exception {
    JdbcJobRepositoryFactoryBean factory = new JdbcJobRepositoryFactoryBean();
    factory.setDataSource(dataSource);
    factory.setTransactionManager(
        Objects.requireNonNull(transactions.getTransactionManager(), "a transaction manager"));
    factory.setTransactionAttributeSource(new MatchAlwaysTransactionAttributeSource());
    factory.setValidateTransactionState(false);
    factory.afterPropertiesSet();
    return Objects.requireNonNull(factory.getObject());
  }

  /** The record of a run that begins. */
  JobExecution begin(JobParameters parameters) {
    JobInstance instance = createJobInstance(Pipeline.JOB_NAME, parameters);
    JobExecution execution = new JobExecution(numbers.incrementAndGet(), instance, parameters);
    records.put(execution.getId(), new RunRecord(execution));
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
      write(changes);
    } catch (DataAccessException | TransactionException e) {
      LOG.debug("records of runs are written one by one", e);
      changes.forEach(this::writeAlone);
    }
  }

  /** One that cannot be written must not keep the others from it. */
  private void writeAlone(Change change) {
    try {
      write(List.of(change));
    } catch (DuplicateKeyException e) {
      // Another worker has just written the first record of the same job.
      later(change, e);
    } catch (DataIntegrityViolationException e) {
      LOG.warn(
          "Spring Batch's record of a run is not written: {}: {}",
          change.parameters(),
          String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
      records.values().remove(change.record());
    } catch (DataAccessException | TransactionException e) {
      later(change, e);
    }
  }

  private static void later(Change change, RuntimeException why) {
    LOG.debug("the record of a run waits: {}", change.parameters(), why);
    change.record().putBack(change);
  }

  /** Writes changes, all or none. */
  private void write(List<Change> changes) {
    Map<Change, Long> rows = new LinkedHashMap<>();
    transactions.executeWithoutResult(
        status -> changes.forEach(change -> rows.put(change, write(change))));
    rows.forEach((change, row) -> {
      change.record().written(row);
      forget(change);
    });
  }

  /**
   * Of a run that somebody else has put an end to (who took the job over, and put the record in
   * order) nothing is written any more.
   *
   * @return the number of the execution's row
   */
  private long write(Change change) {
    JobExecution row =
        change.row() == 0 ? create(change.parameters()) : sql.getJobExecution(change.row());
    if (row == null || row.getEndTime() != null) {
      return change.row();
    }
    Map<String, StepExecution> steps = new HashMap<>();
    row.getStepExecutions().forEach(step -> steps.put(step.getStepName(), step));
    for (Step step : change.steps()) {
      StepExecution its =
          steps.computeIfAbsent(step.name(), name -> sql.createStepExecution(name, row));
      step.copyTo(its);
      sql.update(its);
    }
    change.execution().copyTo(row);
    sql.update(row);
    return row.getId();
  }

  private JobExecution create(JobParameters parameters) {
    JobInstance known = sql.getJobInstance(Pipeline.JOB_NAME, parameters);
    JobInstance instance =
        known == null ? sql.createJobInstance(Pipeline.JOB_NAME, parameters) : known;
    return sql.createJobExecution(instance, parameters, new ExecutionContext());
  }

  private void forget(Change change) {
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
