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

  /**
   * @param worker this worker's identity
   */
  public JobLedger(
      JdbcClient jdbc, TransactionTemplate transactions, Outbox outbox, String worker) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.ends = new OrderedEnds(transitions, outbox, entries);
    this.failedEnds = new FailedEnds(transitions, outbox, entries);
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
    return holding(lease, row -> fault(row, fault, policy, random)).state();
  }

  /**
   * What a job that receives nothing does while others wait for its slot.
   *
   * @param fault what it has come to if it has lasted
   * @param idle for how long nothing has come in this run
   * @param atMost how long nothing may come, in this run and those before it that gave way, the
   *     time between them included: then this is a failed attempt
   * @param delay until it may have a slot again
   */
  public record GivingWay(Fault fault, Duration idle, Duration atMost, Duration delay) {}

  /**
   * Gives the job's slot to others: it is tried again later, and this counts as no attempt, unless
   * nothing has come for too long by now; or it obeys the order that it has.
   *
   * @return the state it is in now
   */
  public JobState giveWay(Lease lease, GivingWay way, RetryPolicy policy, RandomGenerator random) {
    return holding(
            lease,
            row -> {
              Instant since = row.idleSince(way.idle());
              if (row.order() != Order.NONE
                  || Duration.between(since, row.now()).compareTo(way.atMost()) >= 0) {
                return fault(row, way.fault(), policy, random);
              }
              return retrying(
                  row,
                  row.gaveWay(way.idle(), way.delay()),
                  way.fault(),
                  "it has given its slot to a job that waits, which counts as no attempt: ");
            })
        .state();
  }

  private JobRow fault(JobRow row, Fault fault, RetryPolicy policy, RandomGenerator random) {
    int failures = row.failuresAfterThis();
    boolean fatal = !fault.isTransient() || policy.exhausted(failures);
    if (row.order() == Order.CANCEL || (row.order() == Order.PAUSE && !fatal)) {
      String reason = fault.kind() + ": " + fault.message();
      return ends.obey(row, "its run had ended with " + reason).orElseThrow();
    }
    return fatal
        ? failedEnds.fail(row, failures, fault)
        : retrying(row, row.retrying(policy.delay(failures, random)), fault, "");
  }

  private JobRow retrying(JobRow row, JobRow after, Fault fault, String circumstance) {
    String message = circumstance + fault.message();
    transitions.change(row, after, fault.kind() + ": " + message);
    Instant next = after.dueAt().orElseThrow();
    outbox.add(
        entries.entry(
            after,
            EventType.RETRYING,
            "",
            new EventData.Retrying(fault.kind().name(), message, next)),
        row.now());
    return after;
  }

  /** Whether any job waits for a worker; takes no lock. */
  public boolean anyQueued() {
    return jdbc.sql("SELECT id FROM piecework_job WHERE state = 'QUEUED' FETCH FIRST 1 ROWS ONLY")
        .query(String.class)
        .optional()
        .isPresent();
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
    JobRow after = row.handedBack();
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
