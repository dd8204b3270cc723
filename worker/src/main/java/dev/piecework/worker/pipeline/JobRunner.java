package dev.piecework.worker.pipeline;

import dev.piecework.net.LogContext;
import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.Claim;
import dev.piecework.worker.job.JobLedger;
import dev.piecework.worker.job.RetryPolicy;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.outbox.OutboxPump;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs claimed jobs, each on a thread of its own, and writes their fate. Never on a thread of the
 * broker's client: those are interrupted when it sees fit, and an interrupted chunk step ends as
 * completed, half done.
 */
public final class JobRunner {
  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  /** A job that has killed its worker this often in a row, without progress, is not run again. */
  private static final int MAX_LOSSES = 10;

  private final Pipeline pipeline;
  private final JobLedger ledger;
  private final LeaseKeeper leases;
  private final RunMetrics metrics;
  private final RunSpans spans;
  private final StoreHealth store;
  private final Settings settings;
  private final Semaphore slots;
  private final RunEnds ends;
  private final Map<Lease, Running> running = new ConcurrentHashMap<>();
  private volatile boolean shuttingDown;

  /**
   * How jobs are run.
   *
   * @param slots jobs at once
   * @param retry when a transient fault is final, and how long to wait
   * @param gracePeriod how long a shutdown waits
   * @param slotPatience how long a job may receive nothing while others wait for its slot; zero for
   *     as long as the stall timeout
   * @param stallTimeout how long nothing may come, until the attempt fails
   */
  public record Settings(
      int slots,
      RetryPolicy retry,
      Duration gracePeriod,
      Duration slotPatience,
      Duration stallTimeout) {}

  private record Running(JobRun run, Thread thread) {}

  /**
   * At rest until the first {@link #start}.
   *
   * @param spans records each run
   * @param cancelled told of a job that is to be cleared away
   * @param store while it cannot be used, no job is taken
   * @param database says whether it was away when a run failed by it
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
      DatabaseWatch database,
      Settings settings) {
    this.pipeline = pipeline;
    this.ledger = ledger;
    this.leases = leases;
    this.metrics = metrics;
    this.spans = spans;
    this.store = store;
    this.settings = settings;
    this.slots = new Semaphore(settings.slots());
    this.ends =
        new RunEnds(
            ledger,
            new FateWriter(leases, () -> shuttingDown, System::nanoTime),
            outbox,
            transfers,
            metrics,
            cancelled,
            database,
            settings);
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
   * @param settled run once, when the job's fate is written or it is no longer ours: acknowledge
   */
  public void start(Claim claim, Runnable settled) {
    Once acknowledge = new Once(settled);
    JobRun run = new JobRun(claim, acknowledge, this::slotWanted);
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
      ends.settle(run, outcome, acknowledge);
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
    if (run.row().failures() >= Math.max(MAX_LOSSES, ends.retry(run).maxAttempts())) {
      return new Pipeline.Outcome.Faulted(
          new Fault(
              Fault.Kind.INTERNAL,
              "the job has lost its worker %d times in a row without progress: look at the workers' memory and logs"
                  .formatted(run.row().failures())));
    }
    return metrics.timed(() -> pipeline.execute(run));
  }

  private boolean slotWanted(Duration idle) {
    return !settings.slotPatience().isZero()
        && idle.compareTo(settings.slotPatience()) >= 0
        && slots.availablePermits() == 0
        && ledger.anyQueued();
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
