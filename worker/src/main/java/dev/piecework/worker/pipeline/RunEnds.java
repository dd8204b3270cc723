package dev.piecework.worker.pipeline;

import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.JobLedger;
import dev.piecework.worker.job.JobState;
import dev.piecework.worker.job.RetryPolicy;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.FateWriter.Written;
import dev.piecework.worker.transfer.TransferFactory;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Writes how runs ended: each end leaves the job in the state that follows, with its events. */
final class RunEnds {
  private static final Logger LOG = LoggerFactory.getLogger(RunEnds.class);

  /** For a run whose own end the database will not take. */
  private static final Fault UNWRITABLE =
      new Fault(
          Fault.Kind.DATABASE_REFUSED,
          "the database refused what the run had to write about its end; the worker's log has more");

  private final JobLedger ledger;
  private final FateWriter fates;
  private final OutboxPump outbox;
  private final TransferFactory transfers;
  private final RunMetrics metrics;
  private final Consumer<String> cancelled;
  private final DatabaseWatch database;
  private final JobRunner.Settings settings;

  /**
   * @param cancelled told of a job that is to be cleared away
   */
  RunEnds(
      JobLedger ledger,
      FateWriter fates,
      OutboxPump outbox,
      TransferFactory transfers,
      RunMetrics metrics,
      Consumer<String> cancelled,
      DatabaseWatch database,
      JobRunner.Settings settings) {
    this.database = database;
    this.ledger = ledger;
    this.fates = fates;
    this.outbox = outbox;
    this.transfers = transfers;
    this.metrics = metrics;
    this.cancelled = cancelled;
    this.settings = settings;
  }

  /** When a transient fault of a job is final, and how long it waits. */
  RetryPolicy retry(JobRun run) {
    return run.message()
        .options()
        .maxAttempts()
        .map(settings.retry()::withMaxAttempts)
        .orElse(settings.retry());
  }

  /**
   * Writes how a run ended, and acknowledges.
   *
   * @param acknowledge run when it is written, or another worker has the job
   */
  void settle(JobRun run, Pipeline.Outcome outcome, Once acknowledge) {
    Lease lease = run.lease();
    switch (outcome) {
      case Pipeline.Outcome.Completed() -> {
        transfers.discardScratch(lease.jobId());
        metrics.ended(JobState.COMPLETED);
        acknowledge.run();
      }
      case Pipeline.Outcome.SeedingEnded(String reason) -> {
        if (write(lease, () -> ledger.seedingEnded(lease, reason)) == Written.REFUSED) {
          write(lease, () -> ledger.seedingEnded(lease, "seeding ended"));
        }
        transfers.discardScratch(lease.jobId());
        metrics.ended(JobState.COMPLETED);
        acknowledge.run();
      }
      case Pipeline.Outcome.Faulted(Fault fault) -> {
        if (fault.blameless() || metByAnyJob(run, fault)) {
          metrics.faulted(fault.kind());
          handBack(run, fault.message(), acknowledge);
        } else {
          fault(run, fault, acknowledge);
        }
      }
      case Pipeline.Outcome.Stopped(JobRun.StopReason reason) -> {
        switch (reason) {
          case LEASE_LOST -> {
            metrics.leaseLost();
            LOG.warn("stopped: another worker has the job, or may have it");
            // The row belongs to another, and the sweeper watches it: the message has done its
            // work.
            acknowledge.run();
          }
          case GIVES_WAY -> giveWay(run, acknowledge);
          case DEADLINE -> fault(run, run.row().overdueFault(), acknowledge);
          case SHUTDOWN -> handBack(run, "the worker shuts down", acknowledge);
          case ORDERED -> handBack(run, "the order to stop was withdrawn", acknowledge);
        }
      }
    }
    outbox.wake();
  }

  /**
   * Whether the database failed under all that this worker does, not under this job alone: asked by
   * the worker's own questions, so that each hand-back is for an outage that they have found.
   */
  private boolean metByAnyJob(JobRun run, Fault fault) {
    try {
      return fault.kind() == Fault.Kind.DATABASE_UNAVAILABLE && database.wasAway(run.begunAt());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void fault(JobRun run, Fault fault, Once acknowledge) {
    Lease lease = run.lease();
    metrics.faulted(fault.kind());
    Written written = write(lease, () -> writeFault(run, fault));
    if (written == Written.REFUSED) {
      written = write(lease, () -> writeFault(run, UNWRITABLE));
    }
    LOG.debug("end of the run: {}", written);
    acknowledge.run();
  }

  private void giveWay(JobRun run, Once acknowledge) {
    Lease lease = run.lease();
    JobLedger.GivingWay way =
        new JobLedger.GivingWay(
            run.idleFault(), run.idle(), settings.stallTimeout(), settings.slotPatience());
    Written written =
        write(
            lease,
            () -> {
              JobState state = ledger.giveWay(lease, way, retry(run), RandomGenerator.getDefault());
              ended(lease, state);
            });
    if (written == Written.REFUSED) {
      fault(run, UNWRITABLE, acknowledge);
    } else {
      acknowledge.run();
    }
  }

  private void writeFault(JobRun run, Fault fault) {
    Lease lease = run.lease();
    ended(lease, ledger.fault(lease, fault, retry(run), RandomGenerator.getDefault()));
  }

  private void ended(Lease lease, JobState state) {
    metrics.ended(state);
    if (state == JobState.CANCELLING) {
      clearAway(lease.jobId());
    }
  }

  private Written write(Lease lease, Runnable work) {
    Written written = fates.write(lease, work);
    if (written == Written.LEASE_LOST) {
      metrics.leaseLost();
    }
    return written;
  }

  /** Gives the job back without blame, or obeys the order that it has. */
  private void handBack(JobRun run, String why, Once acknowledge) {
    Lease lease = run.lease();
    Written written =
        write(
            lease,
            () -> {
              JobState state = ledger.handBack(lease, why);
              metrics.ended(state);
              switch (state) {
                case QUEUED -> publishContinuation(lease, acknowledge);
                case CANCELLING -> {
                  clearAway(lease.jobId());
                  acknowledge.run();
                }
                default -> acknowledge.run();
              }
            });
    if (written == Written.REFUSED) {
      fault(run, UNWRITABLE, acknowledge);
    }
  }

  private void clearAway(String jobId) {
    transfers.discardScratch(jobId);
    cancelled.accept(jobId);
  }

  /**
   * After the row is free: has its continuation published, then acknowledges. Whichever comes to
   * fail, a message is left on the queue or an entry in the outbox, and no other worker finds the
   * job still held.
   */
  private void publishContinuation(Lease lease, Once acknowledge) {
    try {
      if (outbox.flush(lease.jobId(), settings.gracePeriod().dividedBy(2))) {
        acknowledge.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (DataAccessException | TransactionException e) {
      LOG.warn("cannot wait for the job's new message: {}", SqlFaults.cause(e));
    }
  }
}
