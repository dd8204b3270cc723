package dev.piecework.worker.pipeline;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobSource;
import dev.piecework.message.TraceParent;
import dev.piecework.net.LogContext;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.Claim;
import dev.piecework.worker.job.JobRow;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.Transfer;
import dev.piecework.worker.transfer.TransferFaults;
import dev.piecework.worker.transfer.TransferProgress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One run of a job in this worker: what its steps share, and how others stop it. The steps run on
 * one thread; {@link #stop} and {@link #progress} may be called from any.
 */
public final class JobRun {
  private final Lease lease;
  private final JobRow row;
  private volatile JobMessage message;
  private final Optional<TraceParent> trace;
  private final Runnable settled;
  private final SlotRule slotRule;
  private volatile Duration idle = Duration.ZERO;
  private final Cancellation cancellation = new Cancellation();
  private final AtomicReference<Optional<StopReason>> stop =
      new AtomicReference<>(Optional.empty());
  private final AtomicReference<Optional<Transfer>> transfer =
      new AtomicReference<>(Optional.empty());
  private volatile Phase phase = Phase.RESOLVE;
  private volatile Optional<TransferProgress> lastProgress = Optional.empty();
  private Optional<ObjectLayout> layout = Optional.empty();
  private Optional<Fault> fault = Optional.empty();
  private volatile boolean ending;
  private volatile boolean completed;
  private boolean seeding;
  private volatile boolean settling;
  private final long begunAt = System.nanoTime();
  private volatile long movedAt = begunAt;
  private volatile OptionalLong stoppedAt = OptionalLong.empty();

  /**
   * @param claim the job
   * @param settled run once when the job's fate is written though the run goes on (seeding)
   * @param slotRule says whether others want its slot
   */
  JobRun(Claim claim, Runnable settled, SlotRule slotRule) {
    this.lease = claim.lease();
    this.row = claim.row();
    this.message = claim.message();
    this.trace = claim.trace();
    this.settled = settled;
    this.slotRule = slotRule;
  }

  /** Whether a run that receives nothing is to give its slot to others. */
  interface SlotRule {
    /**
     * Asked every second.
     *
     * @param idle for how long nothing has come
     */
    boolean wanted(Duration idle);
  }

  /** Why a run stops before its end. */
  public enum StopReason {
    /** The worker shuts down: hand the job back. */
    SHUTDOWN,
    /** The job was ordered to stop: hand it back, and obey. */
    ORDERED,
    /** Nothing comes, and others wait for the slot. */
    GIVES_WAY,
    /** The job's deadline is over: it fails. */
    DEADLINE,
    /** Somebody else may have the job: touch nothing. */
    LEASE_LOST
  }

  /** The steps; their names are those of progress events. */
  public enum Phase {
    /** Getting the metainfo. */
    RESOLVE,
    /** From the swarm to the store. */
    TRANSFER,
    /** Completing and checking objects. */
    VERIFY,
    /** Manifest and completion. */
    PUBLISH,
    /** Giving. */
    SEED;

    /** As it stands in events. */
    public String wireName() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** The right to work. */
  public Lease lease() {
    return lease;
  }

  /** The trace that the job's message belongs to, if any. */
  Optional<TraceParent> trace() {
    return trace;
  }

  /** The row at the claim. */
  public JobRow row() {
    return row;
  }

  /** When it began, by {@link System#nanoTime}. */
  long begunAt() {
    return begunAt;
  }

  /** What is to be done; after {@link #resolved} without the torrent file, if that was inline. */
  public JobMessage message() {
    return message;
  }

  /**
   * The source is not needed any more: an inline torrent has megabytes, and the run may be long.
   */
  void resolved() {
    if (message.source() instanceof JobSource.Inline) {
      message =
          new JobMessage(
              message.version(),
              message.id(),
              JobSource.Inline.of(new byte[0]),
              message.destination(),
              message.options());
    }
  }

  /** The step at work. */
  public Phase phase() {
    return phase;
  }

  /** The latest figures, if a transfer has begun. */
  public Optional<TransferProgress> progress() {
    transfer.get().ifPresent(running -> lastProgress = Optional.of(running.progress()));
    return lastProgress;
  }

  /** Ends requests to the store that the run's own thread waits for, once it is told to stop. */
  Cancellation cancellation() {
    return cancellation;
  }

  /**
   * Has the run end soon. The first reason stands, but a lost lease overrides: then nothing may be
   * written any more, and the transfer is stopped at once, whatever its thread is doing. That a
   * lease is gone means nothing while the run writes its end, which gives the lease up; the fence
   * in that very transaction decides. A deadline is for the content: it stops nothing that writes
   * its end, or seeds.
   */
  public void stop(StopReason reason) {
    if (ending && reason == StopReason.LEASE_LOST) {
      return;
    }
    if ((ending || completed) && reason == StopReason.DEADLINE) {
      return;
    }
    stop.updateAndGet(
        was -> was.isEmpty() || reason == StopReason.LEASE_LOST ? Optional.of(reason) : was);
    if (stoppedAt.isEmpty()) {
      stoppedAt = OptionalLong.of(System.nanoTime());
    }
    cancellation.cancel();
    if (closesAtOnce(reason)) {
      LogContext context =
          LogContext.of(
              Map.of(
                  "job", lease.jobId(),
                  "attempt", Integer.toString(row.attempt()),
                  "epoch", Long.toString(lease.epoch())));
      transfer
          .get()
          .ifPresent(running -> Thread.startVirtualThread(() -> context.run(running::close)));
    }
  }

  /** Whether the swarm is not to wait until the run's own thread comes to it. */
  private static boolean closesAtOnce(StopReason reason) {
    return reason == StopReason.LEASE_LOST || reason == StopReason.DEADLINE;
  }

  /** Has the run end if nothing has come for a while and other jobs wait for its slot. */
  void giveWayIfIdle(Duration time) {
    if (stop.get().isEmpty() && slotRule.wanted(time)) {
      idle = time;
      stop(StopReason.GIVES_WAY);
    }
  }

  /** For how long nothing had come when it gave way. */
  Duration idle() {
    return idle;
  }

  /** What a run that gives way has come to: it has begun a transfer. */
  Fault idleFault() {
    return TransferFaults.stalled(idle, progress().orElseThrow().swarm()).fault();
  }

  /** Why it was told to stop, if it was. */
  public Optional<StopReason> stopReason() {
    return stop.get();
  }

  void checkStop() {
    stop.get()
        .ifPresent(reason -> {
          throw new RunStoppedException(reason);
        });
  }

  void enter(Phase next) {
    checkStop();
    moved();
    phase = next;
  }

  /** The run's thread has come round. */
  void moved() {
    movedAt = System.nanoTime();
  }

  /** The run is over, and its end is being written: nothing more is told of its progress. */
  void settling() {
    settling = true;
  }

  /**
   * Whether progress may be told: not from the moment on in which the end is being written, whose
   * event must be the last of this epoch; but of seeding, which follows it.
   */
  boolean tellsProgress() {
    return stopReason().isEmpty() && !settling && !ending && (!completed || phase == Phase.SEED);
  }

  /**
   * What is stuck, for people.
   *
   * @param patience longest time that is no fault
   */
  Optional<String> trouble(Duration patience) {
    long now = System.nanoTime();
    OptionalLong stopped = stoppedAt;
    if (stopped.isPresent() && now - stopped.getAsLong() > patience.toNanos()) {
      return Optional.of(
          "job %s was told to stop %d s ago and has not"
              .formatted(lease().jobId(), Duration.ofNanos(now - stopped.getAsLong()).toSeconds()));
    }
    long still = now - movedAt;
    boolean comesRound = phase == Phase.TRANSFER || phase == Phase.SEED;
    return comesRound && !settling && still > patience.toNanos()
        ? Optional.of(
            "job %s has not moved for %d s"
                .formatted(lease().jobId(), Duration.ofNanos(still).toSeconds()))
        : Optional.empty();
  }

  ObjectLayout layout() {
    return layout.orElseThrow(() -> new IllegalStateException("resolve has not run"));
  }

  void layout(ObjectLayout resolved) {
    layout = Optional.of(resolved);
  }

  String bucket() {
    return message().destination().bucket();
  }

  Transfer transfer() {
    return transfer.get().orElseThrow(() -> new IllegalStateException("no transfer"));
  }

  boolean transferring() {
    return transfer.get().isPresent();
  }

  void transfer(Transfer started) {
    transfer.set(Optional.of(started));
    if (stop.get().filter(JobRun::closesAtOnce).isPresent()) {
      started.close();
    }
  }

  /** Keeps the last figures and closes; nothing if there is none. */
  void endTransfer() {
    progress();
    transfer.getAndSet(Optional.empty()).ifPresent(Transfer::close);
  }

  Optional<Fault> fault() {
    return fault;
  }

  void fault(Fault found) {
    fault = Optional.of(found);
  }

  boolean completed() {
    return completed;
  }

  boolean seeding() {
    return seeding;
  }

  /** The final state is about to be written. */
  void ending() {
    ending = true;
  }

  void completed(boolean seedsNow) {
    completed = true;
    seeding = seedsNow;
    ending = !seedsNow;
    settled.run();
  }

  void seedingEnded() {
    seeding = false;
  }
}
