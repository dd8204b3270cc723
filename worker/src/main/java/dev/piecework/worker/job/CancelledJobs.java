package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.outbox.Outbox;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Jobs in {@link JobState#CANCELLING}: who clears them away, and when that is done. The clearing is
 * done under a lease, and can be done again from the start; so a worker that dies at it is replaced
 * as one that dies at a download.
 */
public final class CancelledJobs {
  private static final int AT_ONCE = 200;
  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
  private static final int MAX_DOUBLINGS = 8;

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;
  private final String worker;
  private final Duration leaseDuration;

  /**
   * @param worker this worker's identity
   * @param leaseDuration of the leases it takes
   */
  public CancelledJobs(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      String worker,
      Duration leaseDuration) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.worker = worker;
    this.leaseDuration = leaseDuration;
  }

  /**
   * A cancelled job that this worker clears away.
   *
   * @param lease the right to
   * @param message what it was to do
   * @param deleteObjects whether finished objects go too
   */
  public record Clearing(Lease lease, JobMessage message, boolean deleteObjects) {}

  /** Jobs that wait to be cleared away, or whose worker has died at it. */
  public List<String> waiting() {
    return jdbc.sql(
            """
            SELECT id FROM piecework_job WHERE state = 'CANCELLING'
              AND (due_at <= CURRENT_TIMESTAMP
                OR (lease_until <= CURRENT_TIMESTAMP AND lease_owner <> ''))
            FETCH FIRST %d ROWS ONLY
            """
                .formatted(AT_ONCE))
        .query((row, number) -> row.getString(1))
        .list();
  }

  /**
   * Takes one.
   *
   * @return empty if it is not to be had: cleared away already, or another worker is at it
   */
  public Optional<Clearing> claim(String jobId) {
    return perform(() -> {
      Optional<JobRow> found =
          transitions
              .lockUnlessBusy(jobId)
              .filter(row -> row.state() == JobState.CANCELLING)
              .filter(row -> row.leaseOwner().isEmpty() ? row.due() : !row.leased());
      if (found.isEmpty()) {
        return Optional.empty();
      }
      JobRow row = found.get();
      JobRow claimed = row.cancelClaimed(worker, leaseDuration);
      transitions.change(
          row,
          claimed,
          row.leaseOwner().isEmpty() ? "clearing away" : "taken over from " + row.leaseOwner());
      return Optional.of(
          new Clearing(
              new Lease(jobId, claimed.epoch(), worker),
              Admissions.message(jdbc, jobId),
              claimed.deleteObjects()));
    });
  }

  /**
   * The fence, to be asked before an effect outside.
   *
   * @throws LeaseLostException if another worker has taken it over
   */
  public void check(Lease lease) {
    if (!transitions.read(lease.jobId()).filter(row -> holds(row, lease)).isPresent()) {
      throw new LeaseLostException(lease);
    }
  }

  /**
   * Everything is cleared away: the checkpoint is forgotten, the job is cancelled.
   *
   * @param deletedObjects whether finished objects were deleted
   * @param note what could not be cleared away, for people; empty if nothing
   * @return false if it was meanwhile asked to delete the objects and they were not: do it again
   * @throws LeaseLostException if another worker has taken it over
   */
  public boolean finish(Lease lease, boolean deletedObjects, String note) {
    return perform(() -> {
      JobRow row = require(lease);
      if (row.deleteObjects() && !deletedObjects && note.isEmpty()) {
        return false;
      }
      for (String table :
          new String[] {"piecework_part", "piecework_upload", "piecework_checkpoint"}) {
        jdbc.sql("DELETE FROM " + table + " WHERE job_id = :id").param("id", row.id()).update();
      }
      jdbc.sql(
              """
              UPDATE piecework_job SET uploaded_bytes = 0, verified_pieces = 0,
                best_uploaded_bytes = 0, best_verified_pieces = 0
              WHERE id = :id
              """)
          .param("id", row.id())
          .update();
      JobRow after = row.ended(JobState.CANCELLED, 0);
      transitions.change(
          row, after, note.isEmpty() ? (deletedObjects ? "its objects are deleted" : "") : note);
      outbox.add(
          entries.entry(after, EventType.CANCELLED, "", new EventData.Cancelled(deletedObjects)),
          row.now());
      return true;
    });
  }

  /**
   * Puts it off: the store is away, or this worker shuts down. Tried for ever, at growing
   * intervals.
   *
   * @param reason why, for people
   * @param now whether another worker may take it at once
   */
  public void putOff(Lease lease, String reason, boolean now) {
    perform(() -> {
      JobRow row = require(lease);
      Duration delay =
          now
              ? Duration.ZERO
              : FIRST_DELAY.multipliedBy(1L << Math.clamp(row.requeues() - 1, 0, MAX_DOUBLINGS));
      transitions.change(row, row.cancelling(delay), reason);
      return true;
    });
  }

  private JobRow require(Lease lease) {
    return transitions
        .lock(lease.jobId())
        .filter(row -> holds(row, lease))
        .orElseThrow(() -> new LeaseLostException(lease));
  }

  private static boolean holds(JobRow row, Lease lease) {
    return row.epoch() == lease.epoch() && row.leaseOwner().equals(lease.owner());
  }

  private <T> T perform(java.util.function.Supplier<T> work) {
    T result = transactions.execute(status -> work.get());
    if (result == null) {
      throw new IllegalStateException("a transaction without a result");
    }
    return result;
  }
}
