package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.outbox.Outbox;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What the holder of a lease writes about its job. Each method is one transaction: it locks the
 * row, checks the lease, changes the state, writes the history and puts the event that is due into
 * the outbox; so none of these is ever seen without the others.
 *
 * <p>All throw {@link LeaseLostException}, and change nothing, when the lease is no longer held.
 */
public final class JobLedger {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;
  private final OrderedEnds ends;
  private final FailedEnds failedEnds;
  private final Duration requeueAfter;

  /**
   * @param worker this worker's identity
   * @param requeueAfter how long a queued job's message is waited for
   */
  public JobLedger(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      String worker,
      Duration requeueAfter) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.ends = new OrderedEnds(transitions, outbox, entries);
    this.failedEnds = new FailedEnds(transitions, outbox, entries);
    this.requeueAfter = requeueAfter;
  }

  /** An event that changes no state: metadata, file-uploaded. */
  public void note(Lease lease, EventType type, String discriminator, EventData data) {
    note(lease, type, discriminator, data, () -> {});
  }

  /**
   * The same, with what it tells of.
   *
   * @param fact written in the same transaction
   */
  public void note(
      Lease lease, EventType type, String discriminator, EventData data, Runnable fact) {
    holding(
        lease,
        row -> {
          fact.run();
          outbox.add(entries.entry(row, type, discriminator, data), row.now());
          return row;
        });
  }

  /** What the completed event is made of, beside what the caller knows. */
  public record Totals(long downloadedBytes, double seconds) {}

  /**
   * The end of the work: all objects and the manifest are there.
   *
   * @param seeding whether the worker now gives to the swarm, keeping the lease
   * @param completed makes the event's data
   * @throws OrderPendingException if the job was ordered to stop first: {@link #handBack} obeys
   */
  public void complete(
      Lease lease, boolean seeding, Function<Totals, EventData.Completed> completed) {
    holding(
        lease,
        row -> {
          if (row.order() != Order.NONE) {
            throw new OrderPendingException(row.id(), row.order());
          }
          long downloaded =
              jdbc.sql("SELECT downloaded_bytes FROM piecework_job WHERE id = :id")
                  .param("id", row.id())
                  .query(Long.class)
                  .single();
          jdbc.sql(
                  """
                  UPDATE piecework_job SET completed_at = CURRENT_TIMESTAMP,
                    uploaded_bytes = total_bytes, verified_pieces = total_pieces
                  WHERE id = :id
                  """)
              .param("id", row.id())
              .update();
          JobRow after = seeding ? row.seeding() : row.ended(JobState.COMPLETED, 0);
          transitions.change(row, after, "");
          double seconds = Duration.between(row.createdAt(), row.now()).toMillis() / 1000.0;
          outbox.add(
              entries.entry(
                  after, EventType.COMPLETED, "", completed.apply(new Totals(downloaded, seconds))),
              row.now());
          if (seeding) {
            outbox.add(
                entries.entry(after, EventType.SEEDING, "", new EventData.None()), row.now());
          }
          return after;
        });
  }

  /** The end of seeding, whatever ended it: {@code reason}, unless it was ordered. */
  public void seedingEnded(Lease lease, String reason) {
    holding(
        lease,
        row -> {
          JobRow after = row.ended(JobState.COMPLETED, 0);
          boolean ordered = row.order() == Order.CANCEL;
          transitions.change(
              row,
              after,
              ordered ? OrderedEnds.text(row.orderReason(), "seeding ended") : reason,
              ordered ? row.orderAuthor() : "");
          return after;
        });
  }

  /**
   * A run that ended badly: the job is tried again later, or has failed, or obeys the order that it
   * has. A job that is to rest and can never go on has failed all the same.
   *
   * @return the state it is in now
   */
  public JobState fault(Lease lease, Fault fault, RetryPolicy policy, RandomGenerator random) {
    return holding(
            lease,
            row -> {
              int failures = row.failuresAfterThis();
              String reason = fault.kind() + ": " + fault.message();
              boolean fatal = !fault.isTransient() || policy.exhausted(failures);
              if (row.order() == Order.CANCEL || (row.order() == Order.PAUSE && !fatal)) {
                return ends.obey(row, "its run had ended with " + reason).orElseThrow();
              }
              if (fatal) {
                return failedEnds.fail(row, failures, fault);
              }
              JobRow after = row.retrying(policy.delay(failures, random));
              transitions.change(row, after, reason);
              Instant next = after.dueAt().orElseThrow();
              outbox.add(
                  entries.entry(
                      after,
                      EventType.RETRYING,
                      "",
                      new EventData.Retrying(fault.kind().name(), fault.message(), next)),
                  row.now());
              return after;
            })
        .state();
  }

  /**
   * Gives the job back before its end: because this worker shuts down, which does not count as an
   * attempt, or because it was ordered to.
   *
   * @param reason why, if there is no order
   * @return {@link JobState#QUEUED}, or what the order says: {@link JobState#PAUSED} or {@link
   *     JobState#CANCELLING}
   */
  public JobState handBack(Lease lease, String reason) {
    return holding(lease, row -> ends.obey(row, "").orElseGet(() -> handBack(row, reason))).state();
  }

  private JobRow handBack(JobRow row, String reason) {
    JobRow after = row.handedBack(requeueAfter);
    transitions.change(row, after, "handed back: " + reason);
    outbox.add(entries.entry(after, EventType.HANDED_BACK, "", new EventData.None()), row.now());
    outbox.add(entries.continuation(after), row.now());
    return after;
  }

  /** The row as it stands; for tests and questions. */
  public Optional<JobRow> find(String jobId) {
    return transitions.read(jobId);
  }

  private JobRow holding(Lease lease, Function<JobRow, JobRow> work) {
    JobRow after =
        transactions.execute(status -> {
          JobRow row =
              transitions
                  .lock(lease.jobId())
                  .filter(found ->
                      found.epoch() == lease.epoch() && found.leaseOwner().equals(lease.owner()))
                  .orElseThrow(() -> new LeaseLostException(lease));
          return work.apply(row);
        });
    if (after == null) {
      throw new IllegalStateException("a transaction without a result");
    }
    return after;
  }
}
