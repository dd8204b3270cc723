package dev.piecework.worker.pipeline;

import dev.piecework.exit.ProcessEnd;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.transfer.Transfer;
import dev.piecework.worker.transfer.TransferException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.JobExecutionException;
import org.springframework.batch.core.job.JobInterruptedException;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.job.builder.SimpleJobBuilder;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.item.ItemReader;
import org.springframework.batch.infrastructure.item.ItemWriter;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.batch.infrastructure.support.transaction.ResourcelessTransactionManager;
import org.springframework.dao.OptimisticLockingFailureException;

/**
 * Runs the Spring Batch job {@code torrent}: one instance per job id, one execution per attempt.
 * The batch repository keeps the record of attempts and steps; what a new attempt goes on from is
 * the checkpoint, and who may run it the lease.
 */
public final class Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
  static final String JOB_NAME = "torrent";
  static final String JOB_ID = "jobId";
  private static final int MAX_REPAIRS = 10;
  private static final Duration REPAIR_PAUSE = Duration.ofMillis(100);

  private final TorrentJob.Parts parts;
  private final RunRecords records;
  private final BatchHistory history;

  Pipeline(TorrentJob.Parts parts, RunRecords records, BatchHistory history) {
    this.parts = parts;
    this.records = records;
    this.history = history;
  }

  /** How a run ended. */
  public sealed interface Outcome {
    /** The job is done; its final state is written. */
    record Completed() implements Outcome {}

    /** The job is done and was seeding until now; the end of that is to be written. */
    record SeedingEnded(String reason) implements Outcome {}

    /** Stopped on request, or because the lease is lost. */
    record Stopped(JobRun.StopReason reason) implements Outcome {}

    /** Could not go on. */
    record Faulted(Fault fault) implements Outcome {}
  }

  /** What identifies a job's batch instance. */
  static JobParameters parameters(String jobId) {
    return new JobParametersBuilder().addString(JOB_ID, jobId).toJobParameters();
  }

  /** Runs a job on the calling thread, which must not be interrupted by anybody. */
  public Outcome execute(JobRun run) {
    JobParameters parameters = parameters(run.lease().jobId());
    try {
      return outcome(run, run(run, parameters));
    } catch (JobExecutionException | RuntimeException e) {
      return outcome(run, List.of(e));
    } finally {
      run.endTransfer();
    }
  }

  /** Runs the batch job; what it comes to is in the run and in the execution's failures. */
  private List<Throwable> run(JobRun run, JobParameters parameters) throws JobExecutionException {
    if (run.lease().epoch() > 1) {
      repair(parameters);
    }
    JobExecution execution = records.begin(parameters);
    job(run).execute(execution);
    return execution.getAllFailureExceptions();
  }

  /**
   * Puts the record of earlier runs in order. Again if need be: a worker that has just lost the job
   * may still be writing its last words into it.
   */
  private void repair(JobParameters parameters) {
    // What this worker itself has to say of them comes first.
    records.flush();
    for (int attempt = 1; ; attempt++) {
      try {
        history.repair(JOB_NAME, parameters);
        return;
      } catch (OptimisticLockingFailureException e) {
        if (attempt == MAX_REPAIRS) {
          throw e;
        }
        LOG.debug("the batch record is still being written", e);
        LockSupport.parkNanos(REPAIR_PAUSE.toNanos());
      }
    }
  }

  private static Outcome outcome(JobRun run, List<Throwable> failures) {
    // The framework catches whatever a step throws.
    failures.forEach(ProcessEnd::ifFatal);
    if (run.stopReason().equals(java.util.Optional.of(JobRun.StopReason.LEASE_LOST))
        || failures.stream().anyMatch(failure -> causedBy(failure, LeaseLostException.class))) {
      return new Outcome.Stopped(JobRun.StopReason.LEASE_LOST);
    }
    if (run.completed()) {
      if (!run.seeding()) {
        return new Outcome.Completed();
      }
      return new Outcome.SeedingEnded(
          run.stopReason().isPresent()
              ? "the worker shuts down"
              : run.fault().map(Fault::message).orElse("enough was given"));
    }
    if (run.stopReason().isPresent()) {
      return new Outcome.Stopped(run.stopReason().get());
    }
    return new Outcome.Faulted(run.fault().orElseGet(() -> unexpected(failures)));
  }

  private static Fault unexpected(List<Throwable> failures) {
    if (failures.isEmpty()) {
      return new Fault(Fault.Kind.INTERNAL, "the run ended half-way without a reason");
    }
    Throwable failure = failures.getFirst();
    if (SqlFaults.causedBySql(failure)) {
      Fault fault = SqlFaults.fault(failure);
      LOG.warn("{}", fault.message());
      LOG.debug("the database failed under the job", failure);
      return fault;
    }
    LOG.error("unexpected failure of a job: please report", failure);
    return new Fault(
        Fault.Kind.INTERNAL,
        "unexpected failure of the worker, a defect: %s; its log has more"
            .formatted(failure.getMessage() == null ? "no message" : failure.getMessage()));
  }

  private static boolean causedBy(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  private Job job(JobRun run) {
    TorrentJob job = new TorrentJob(parts, run);
    SimpleJobBuilder steps =
        new JobBuilder(JOB_NAME, records)
            .start(step(run, JobRun.Phase.RESOLVE, job::resolve))
            .next(transferStep(run, job))
            .next(step(run, JobRun.Phase.VERIFY, job::verify))
            .next(step(run, JobRun.Phase.PUBLISH, job::publish));
    return (job.seeds() ? steps.next(step(run, JobRun.Phase.SEED, job::seed)) : steps).build();
  }

  /** Work of a step. */
  private interface Work {
    void run() throws TransferException, InterruptedException;
  }

  private Step step(JobRun run, JobRun.Phase phase, Work work) {
    return new StepBuilder(phase.wireName(), records)
        .tasklet(
            (contribution, context) -> {
              guarded(
                  run,
                  () -> {
                    work.run();
                    return true;
                  });
              return RepeatStatus.FINISHED;
            },
            new ResourcelessTransactionManager())
        .listener(new PhaseTimes(phase, parts.metrics()))
        .allowStartIfComplete(true)
        .build();
  }

  private Step transferStep(JobRun run, TorrentJob job) {
    ItemReader<Transfer.Batch> reader =
        () -> guardedNullable(run, () -> job.transfer().reader().read());
    ItemWriter<Transfer.Batch> writer =
        chunk ->
            guarded(
                run,
                () -> {
                  job.transfer().writer().write(chunk);
                  return true;
                });
    return new StepBuilder(JobRun.Phase.TRANSFER.wireName(), records)
        .<Transfer.Batch, Transfer.Batch>chunk(1)
        .reader(reader)
        .writer(writer)
        .transactionManager(new ResourcelessTransactionManager())
        .listener(new PhaseTimes(JobRun.Phase.TRANSFER, parts.metrics()))
        .allowStartIfComplete(true)
        .build();
  }

  private interface Guarded<T extends @org.jspecify.annotations.Nullable Object> {
    T run() throws Exception;
  }

  private static void guarded(JobRun run, Guarded<Boolean> work) throws Exception {
    guardedNullable(run, work);
  }

  /**
   * Keeps a fault where the outcome finds it, and has the batch step end as stopped rather than
   * failed or, worse, completed, when the run was told to stop.
   */
  private static <T extends @org.jspecify.annotations.Nullable Object> T guardedNullable(
      JobRun run, Guarded<T> work) throws Exception {
    try {
      return work.run();
    } catch (RunStoppedException e) {
      throw stopped(e);
    } catch (TransferException e) {
      if (run.stopReason().isPresent()) {
        throw stopped(e);
      }
      run.fault(e.fault());
      throw e;
    }
  }

  private static JobInterruptedException stopped(Exception cause) {
    JobInterruptedException interrupted =
        new JobInterruptedException(String.valueOf(cause.getMessage()));
    interrupted.initCause(cause);
    return interrupted;
  }
}
