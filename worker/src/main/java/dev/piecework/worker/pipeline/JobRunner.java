package dev.piecework.worker.pipeline;

import dev.piecework.message.TraceParent;
import dev.piecework.net.LogContext;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.Claim;
import dev.piecework.worker.job.JobLedger;
import dev.piecework.worker.job.JobState;
import dev.piecework.worker.job.RetryPolicy;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.FateWriter.Written;
import dev.piecework.worker.store.StoreHealth;
import dev.piecework.worker.trace.RunSpans;
import dev.piecework.worker.transfer.TransferFactory;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Runs claimed jobs, each on a thread of its own, and writes their fate. Never on a thread of the
 * broker's client: those are interrupted when it sees fit, and an interrupted chunk step ends as
 * completed, half done.
 */
public final class JobRunner {
  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  /** A job that has killed its worker this often in a row, without progress, is not run again. */
  private static final int MAX_LOSSES = 10;

  /** For a run whose own end the database will not take. */
  private static final Fault UNWRITABLE =
      new Fault(
          Fault.Kind.DATABASE_REFUSED,
          "the database refused what the run had to write about its end; the worker's log has more");

  private final Pipeline pipeline;
  private final JobLedger ledger;
  private final LeaseKeeper leases;
  private final OutboxPump outbox;
  private final TransferFactory transfers;
  private final RunMetrics metrics;
  private final RunSpans spans;
  private final Consumer<String> cancelled;
  private final StoreHealth store;
  private final Settings settings;
  private final Semaphore slots;
  private final FateWriter fates;
  private final Map<Lease, Running> running = new ConcurrentHashMap<>();
  private volatile boolean shuttingDown;

  /**
   * How jobs are run.
   *
   * @param slots jobs at once
   * @param retry when a transient fault is final, and how long to wait
   * @param gracePeriod how long a shutdown waits
   */
  public record Settings(int slots, RetryPolicy retry, Duration gracePeriod) {}

  private record Running(JobRun run, Thread thread) {}

  /**
   * At rest until the first {@link #start}.
   *
   * @param spans records each run
   * @param cancelled told of a job that is to be cleared away
   * @param store while it cannot be used, no job is taken
   */
  public JobRunner(
      Pipeline pipeline,
      JobLedger ledger,
      LeaseKeeper leases,
      OutboxPump outbox,
      TransferFactory transfers,
      RunMetrics metrics,
      RunSpans spans,
      Consumer<String> cancelled,
      StoreHealth store,
      Settings settings) {
    this.pipeline = pipeline;
    this.ledger = ledger;
    this.leases = leases;
    this.outbox = outbox;
    this.transfers = transfers;
    this.metrics = metrics;
    this.spans = spans;
    this.cancelled = cancelled;
    this.store = store;
    this.settings = settings;
    this.slots = new Semaphore(settings.slots());
    this.fates = new FateWriter(leases, () -> shuttingDown, System::nanoTime);
  }

  /**
   * Waits for a free slot; whoever gets it calls {@link #start} or {@link #giveBackSlot}.
   *
   * @return false if there was none in time, the worker shuts down, or the store cannot be used
   */
  public boolean takeSlot(Duration atMost) throws InterruptedException {
    if (store.outage().isPresent()) {
      Thread.sleep(atMost);
      return false;
    }
    return !shuttingDown && slots.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Slots that a job has, or is being given to. */
  public int slotsUsed() {
    return settings.slots() - slots.availablePermits();
  }

  /** Gives back a slot that was not used. */
  public void giveBackSlot() {
    slots.release();
  }

  /**
   * Runs a job in the slot that the caller has taken.
   *
   * @param trace that the job's message belongs to, for the log and for progress events
   * @param settled run once, when the job's fate is written or it is no longer ours: acknowledge
   */
  public void start(Claim claim, Optional<TraceParent> trace, Runnable settled) {
    Once acknowledge = new Once(settled);
    JobRun run = new JobRun(claim, trace, acknowledge);
    Thread thread =
        Thread.ofVirtual()
            .name("job-" + claim.lease().jobId())
            .unstarted(() -> work(run, acknowledge));
    running.put(claim.lease(), new Running(run, thread));
    leases.keep(
        claim.lease(),
        () -> run.stop(JobRun.StopReason.LEASE_LOST),
        () -> run.stop(JobRun.StopReason.ORDERED));
    if (shuttingDown) {
      run.stop(JobRun.StopReason.SHUTDOWN);
    }
    metrics.started(claim.row().attempt());
    thread.start();
    // Not the claim itself, whose message may have megabytes: this waits as long as the job runs.
    Optional<Duration> left =
        claim.row().deadlineAt().map(end -> Duration.between(claim.row().now(), end));
    left.ifPresent(time ->
        Thread.ofVirtual()
            .name("deadline-" + run.lease().jobId())
            .start(() -> stopAt(run, thread, time)));
  }

  /** Waits for the run's end, but no longer than its job's deadline. */
  private static void stopAt(JobRun run, Thread thread, Duration left) {
    try {
      if (!thread.join(left)) {
        run.stop(JobRun.StopReason.DEADLINE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs at work. */
  public Collection<JobRun> runs() {
    return running.values().stream().map(Running::run).toList();
  }

  private void work(JobRun run, Once acknowledge) {
    Lease lease = run.lease();
    MDC.put("job", lease.jobId());
    MDC.put("attempt", Integer.toString(run.row().attempt()));
    MDC.put("epoch", Long.toString(lease.epoch()));
    run.trace().ifPresent(trace -> MDC.put("trace", trace.traceId()));
    RunSpans.Open span =
        spans.begin(run.trace(), lease.jobId(), run.row().attempt(), lease.epoch());
    try {
      Pipeline.Outcome outcome = outcome(run);
      run.settling();
      settle(run, outcome, acknowledge);
      end(span, outcome);
    } catch (RuntimeException e) {
      LOG.error("the fate of a job could not be written; its lease will expire", e);
    } finally {
      leases.drop(lease);
      running.remove(lease);
      slots.release();
      MDC.clear();
    }
  }

  private static void end(RunSpans.Open span, Pipeline.Outcome outcome) {
    switch (outcome) {
      case Pipeline.Outcome.Completed() -> span.end("completed", Optional.empty());
      case Pipeline.Outcome.SeedingEnded _ -> span.end("completed", Optional.empty());
      case Pipeline.Outcome.Stopped(JobRun.StopReason reason) ->
          span.end("stopped: " + reason.name().toLowerCase(Locale.ROOT), Optional.empty());
      case Pipeline.Outcome.Faulted(Fault fault) ->
          span.end("faulted", Optional.of(fault.kind() + ": " + fault.message()));
    }
  }

  private Pipeline.Outcome outcome(JobRun run) {
    if (run.row().failures() >= Math.max(MAX_LOSSES, retry(run).maxAttempts())) {
      return new Pipeline.Outcome.Faulted(
          new Fault(
              Fault.Kind.INTERNAL,
              "the job has lost its worker %d times in a row without progress: look at the workers' memory and logs"
                  .formatted(run.row().failures())));
    }
    return metrics.timed(() -> pipeline.execute(run));
  }

  private RetryPolicy retry(JobRun run) {
    return run.message()
        .options()
        .maxAttempts()
        .map(settings.retry()::withMaxAttempts)
        .orElse(settings.retry());
  }

  private void settle(JobRun run, Pipeline.Outcome outcome, Once acknowledge) {
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
        if (fault.blameless()) {
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
          case DEADLINE -> fault(run, run.row().overdueFault(), acknowledge);
          case SHUTDOWN -> handBack(run, "the worker shuts down", acknowledge);
          case ORDERED -> handBack(run, "the order to stop was withdrawn", acknowledge);
        }
      }
    }
    outbox.wake();
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

  private void writeFault(JobRun run, Fault fault) {
    Lease lease = run.lease();
    JobState state = ledger.fault(lease, fault, retry(run), RandomGenerator.getDefault());
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

  /**
   * What is stuck, for people: a run that was told to stop and has not, or a transfer that does not
   * move.
   *
   * @param patience longest time that is no fault
   * @return empty if every run moves
   */
  public Optional<String> trouble(Duration patience) {
    return runs().stream().flatMap(run -> run.trouble(patience).stream()).findFirst();
  }

  /**
   * Stops all runs, has them hand their jobs back, and waits, but no longer than the grace period.
   */
  public void shutDown() {
    shuttingDown = true;
    long deadline = System.nanoTime() + settings.gracePeriod().toNanos();
    // Again and again: a job may have been claimed just before.
    while (!running.isEmpty() && System.nanoTime() < deadline) {
      List<Running> stopping = List.copyOf(running.values());
      stopping.forEach(one -> one.run().stop(JobRun.StopReason.SHUTDOWN));
      for (Running one : stopping) {
        if (!awaitEnd(one, deadline)) {
          return;
        }
      }
    }
  }

  private static boolean awaitEnd(Running one, long deadline) {
    try {
      long left = Math.max(1, deadline - System.nanoTime());
      if (!one.thread().join(Duration.ofNanos(left))) {
        String job = one.run().lease().jobId();
        LogContext.of(Map.of("job", job))
            .run(() ->
                LOG.warn(
                    "job {} did not stop within the grace period; its lease will expire", job));
        return false;
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
