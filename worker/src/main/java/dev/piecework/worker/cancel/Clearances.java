package dev.piecework.worker.cancel;

import dev.piecework.layout.KeyTemplateException;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobStatus;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.checkpoint.MetainfoTable;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.job.CancelledJobs;
import dev.piecework.worker.job.CancelledJobs.Clearing;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.resolve.WriteRules;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.transfer.TransferFactory;
import dev.piecework.worker.verify.Manifest;
import dev.piecework.worker.verify.ObjectFinisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Clears cancelled jobs away, a few at once, each on a thread and under a lease of its own: open
 * uploads are aborted, finished objects deleted if that was asked, scratch discarded. Every step
 * may be repeated, so that another worker can begin anew where one died.
 */
public final class Clearances implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Clearances.class);
  private static final int AT_ONCE = 4;
  private static final int LEFT_NAMED = 5;
  private static final int MAX_GIVEN_UP = 10_000;
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

  private final CancelledJobs jobs;
  private final LeaseKeeper leases;
  private final MetainfoTable metainfos;
  private final CheckpointTable checkpoints;
  private final ObjectFinisher store;
  private final TransferFactory transfers;
  private final WriteRules rules;
  private final Strays strays;
  private final OutboxPump outbox;
  private final Semaphore free = new Semaphore(AT_ONCE);

  /** Jobs whose end the database refuses. */
  private final Set<String> givenUp = ConcurrentHashMap.newKeySet();

  private volatile boolean closing;

  /** Uploads that the checkpoint does not know. */
  public interface Strays {
    /**
     * Aborts what the store has now of uploads that a job was about to begin.
     *
     * @return what the store refuses, and why
     * @throws TransferException if trying again later may help
     */
    List<String> abortOf(String jobId) throws TransferException;
  }

  /** At rest until somebody calls {@link #wake} or {@link #sweep}. */
  public Clearances(
      CancelledJobs jobs,
      LeaseKeeper leases,
      MetainfoTable metainfos,
      CheckpointTable checkpoints,
      ObjectFinisher store,
      TransferFactory transfers,
      WriteRules rules,
      Strays strays,
      OutboxPump outbox) {
    this.jobs = jobs;
    this.leases = leases;
    this.metainfos = metainfos;
    this.checkpoints = checkpoints;
    this.store = store;
    this.transfers = transfers;
    this.rules = rules;
    this.strays = strays;
    this.outbox = outbox;
  }

  /** Looks for cancelled jobs that nobody is at. Called now and then by every worker. */
  public void sweep() {
    jobs.waiting().forEach(this::wake);
  }

  /** Clears a job away, if it waits for that and we are not too busy; returns at once. */
  public void wake(String jobId) {
    if (closing || givenUp.contains(jobId) || !free.tryAcquire()) {
      return;
    }
    Thread.ofVirtual()
        .name("cancel-" + jobId)
        .start(() -> {
          try {
            work(jobId);
          } finally {
            free.release();
          }
        });
  }

  private void work(String jobId) {
    MDC.put("job", jobId);
    try {
      Optional<Clearing> claimed = jobs.claim(jobId);
      if (claimed.isPresent()) {
        Lease lease = claimed.get().lease();
        MDC.put("epoch", Long.toString(lease.epoch()));
        leases.keep(lease, () -> LOG.warn("another worker clears the job away"));
        try {
          clearOrEnd(claimed.get());
        } finally {
          leases.drop(lease);
        }
      }
    } catch (LeaseLostException e) {
      LOG.warn("{}", e.getMessage());
    } catch (DataAccessException | TransactionException e) {
      if (SqlFaults.lasting(e)) {
        giveUp(jobId, SqlFaults.cause(e));
      } else {
        LOG.warn("not cleared away yet, it will be tried again: {}", SqlFaults.cause(e));
      }
    } catch (RuntimeException e) {
      LOG.error("unexpected failure of clearing away a job: please report", e);
      giveUp(jobId, e.getClass().getSimpleName());
    } finally {
      MDC.clear();
    }
  }

  /**
   * Clears away; if that meets what another try would meet again, the job ends as cancelled all the
   * same, and its reason says that something may be left.
   */
  private void clearOrEnd(Clearing clearing) {
    try {
      clear(clearing);
    } catch (LeaseLostException e) {
      throw e;
    } catch (DataAccessException | TransactionException e) {
      if (!SqlFaults.lasting(e)) {
        throw e;
      }
      end(clearing, "the database refused what clearing away had to write: " + SqlFaults.cause(e));
    } catch (RuntimeException e) {
      LOG.error("unexpected failure of clearing away a job: please report", e);
      end(
          clearing,
          "a defect of the worker, %s; its log has more".formatted(e.getClass().getSimpleName()));
    }
  }

  private void end(Clearing clearing, String why) {
    String note = JobStatus.LEFT_IN_STORE + "nothing is known of what is there: " + why;
    LOG.warn("cancelled, but {}", note);
    jobs.finish(clearing.lease(), false, note);
    outbox.wake();
  }

  /** Not even the end can be written: another try would come to the same. */
  private void giveUp(String jobId, String why) {
    if (givenUp.size() < MAX_GIVEN_UP) {
      givenUp.add(jobId);
    }
    LOG.error(
        "cannot clear away job {}: {}. This worker does not try it again until it is started anew",
        jobId,
        why);
  }

  private void clear(Clearing clearing) {
    Lease lease = clearing.lease();
    transfers.discardScratch(lease.jobId());
    boolean deleting = clearing.deleteObjects();
    try {
      List<String> left = clearStore(clearing, deleting);
      while (!jobs.finish(lease, deleting && left.isEmpty(), note(left))) {
        // Somebody has asked for it meanwhile.
        deleting = true;
        left = clearStore(clearing, deleting);
      }
      if (!left.isEmpty()) {
        LOG.warn("cancelled, but {}", note(left));
      }
    } catch (TransferException e) {
      String reason = e.fault().kind() + ": " + e.fault().message();
      if (e.fault().isTransient() || closing) {
        jobs.putOff(lease, reason, closing);
      } else {
        LOG.warn("cancelled, but {}{}", JobStatus.LEFT_IN_STORE, reason);
        jobs.finish(lease, false, JobStatus.LEFT_IN_STORE + reason);
      }
    }
    outbox.wake();
  }

  /** For people; empty if nothing is left. */
  private static String note(List<String> left) {
    if (left.isEmpty()) {
      return "";
    }
    String named = left.stream().limit(LEFT_NAMED).collect(Collectors.joining(", "));
    return "%s%d %s: %s%s"
        .formatted(
            JobStatus.LEFT_IN_STORE,
            left.size(),
            left.size() == 1 ? "object or upload" : "objects and uploads",
            named,
            left.size() > LEFT_NAMED ? " and others" : "");
  }

  /** Returns what the store refuses to have cleared away. */
  private List<String> clearStore(Clearing clearing, boolean deleting) throws TransferException {
    Lease lease = clearing.lease();
    Optional<byte[]> metainfo = metainfos.read(lease.jobId());
    if (metainfo.isEmpty()) {
      // It was cancelled before anybody knew what it is: it has nothing in the store.
      return List.of();
    }
    Destination destination = clearing.message().destination();
    ObjectLayout layout = layout(metainfo.get(), clearing.message());
    rules.require(destination, layout);
    Checkpoint checkpoint = checkpoints.read(lease.jobId());
    jobs.check(lease);
    List<String> left = new ArrayList<>(store.abort(layout, destination.bucket(), checkpoint));
    left.addAll(strays.abortOf(lease.jobId()));
    if (deleting) {
      // The manifest first: as long as it is there, it says that the rest is.
      left.addAll(
          store.deleteManifest(
              destination.bucket(), Manifest.key(destination, layout.metainfo()), lease.jobId()));
      left.addAll(
          store.delete(
              layout, destination.bucket(), lease.jobId(), checkpoint, () -> jobs.check(lease)));
    }
    return left;
  }

  private static ObjectLayout layout(byte[] metainfo, JobMessage message) {
    try {
      return ObjectLayout.of(MetainfoParser.parse(metainfo), message.keys());
    } catch (MetainfoException | KeyTemplateException e) {
      throw new IllegalStateException("a job's own row does not hold a torrent and a job", e);
    }
  }

  /** Begins nothing more, and waits a moment for what is at work; others take up the rest. */
  @Override
  public void close() {
    closing = true;
    try {
      if (!free.tryAcquire(AT_ONCE, CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("cancelled jobs are left to be cleared away by another worker");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
