package dev.piecework.worker.job;

import dev.piecework.worker.outbox.Outbox;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Jobs that no worker runs though one should: due for another attempt, or without their worker. Any
 * number of workers may look at once: each job is settled under its row lock, by whoever comes
 * first, and looked at again there.
 */
public final class LostJobs {
  private static final int AT_ONCE = 200;

  /** States in which nobody holds a job that has not ended. */
  private static final Set<JobState> AT_REST =
      EnumSet.of(JobState.QUEUED, JobState.RETRYING, JobState.PAUSED);

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
  public LostJobs(JdbcClient jdbc, TransactionTemplate transactions, Outbox outbox, String worker) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.ends = new OrderedEnds(transitions, outbox, entries);
    this.failedEnds = new FailedEnds(transitions, outbox, entries);
  }

  /**
   * Puts back on the queue what belongs there.
   *
   * @return how many jobs were touched
   */
  public int sweep() {
    List<String> candidates =
        jdbc.sql(
                """
                SELECT id FROM piecework_job
                WHERE state NOT IN ('QUEUED', 'CANCELLING') AND (due_at <= CURRENT_TIMESTAMP
                  OR (lease_until <= CURRENT_TIMESTAMP AND lease_owner <> ''))
                FETCH FIRST %d ROWS ONLY
                """
                    .formatted(AT_ONCE))
            .query((row, number) -> row.getString(1))
            .list();
    return settleAll(candidates, "");
  }

  /**
   * Has the jobs fail whose deadline is over while nobody works on them: queued, waiting for their
   * next attempt, or paused. A running one is its worker's to stop.
   *
   * @return how many
   */
  public int sweepOverdue() {
    List<String> candidates =
        jdbc.sql(
                """
                SELECT id FROM piecework_job
                WHERE deadline_at <= CURRENT_TIMESTAMP AND state IN ('QUEUED', 'RETRYING', 'PAUSED')
                FETCH FIRST %d ROWS ONLY
                """
                    .formatted(AT_ONCE))
            .query((row, number) -> row.getString(1))
            .list();
    return each(candidates, this::failOverdue);
  }

  private boolean failOverdue(String jobId) {
    Optional<JobRow> row =
        transitions
            .lockUnlessBusy(jobId)
            .filter(JobRow::overdue)
            .filter(found -> AT_REST.contains(found.state()));
    row.ifPresent(failedEnds::failOverdue);
    return row.isPresent();
  }

  /**
   * Frees what this worker held in an earlier life. To be called before it claims anything: its
   * identity is guarded by a lock on its scratch folder, so that nobody else can be holding these.
   *
   * @param owner the worker's identity
   * @return how many jobs were freed
   */
  public int releaseEarlierLife(String owner) {
    List<String> held =
        jdbc.sql("SELECT id FROM piecework_job WHERE lease_owner = :owner")
            .param("owner", owner)
            .query((row, number) -> row.getString(1))
            .list();
    return settleAll(held, owner);
  }

  private int settleAll(List<String> jobIds, String deadOwner) {
    return each(jobIds, jobId -> settle(jobId, deadOwner));
  }

  /** Each in a transaction of its own. */
  private int each(List<String> jobIds, Predicate<String> settle) {
    int settled = 0;
    for (String jobId : jobIds) {
      Boolean touched = transactions.execute(status -> settle.test(jobId));
      settled += Boolean.TRUE.equals(touched) ? 1 : 0;
    }
    return settled;
  }

  private boolean settle(String jobId, String deadOwner) {
    Optional<JobRow> found = transitions.lockUnlessBusy(jobId);
    if (found.isEmpty()) {
      return false;
    }
    JobRow row = found.get();
    boolean abandoned =
        row.state().leased()
            && (!row.leased() || (!deadOwner.isEmpty() && row.leaseOwner().equals(deadOwner)));
    switch (row.state()) {
      case RETRYING -> {
        if (!row.due()) {
          return false;
        }
        JobRow after = row.requeued();
        transitions.change(row, after, "its next attempt is due");
        outbox.add(entries.continuation(after), row.now());
      }
      case RUNNING -> {
        if (!abandoned) {
          return false;
        }
        String lost = "has lost its worker " + row.leaseOwner();
        if (ends.obey(row, lost).isPresent()) {
          return true;
        }
        if (row.overdue()) {
          failedEnds.failOverdue(row);
        } else {
          JobRow after = row.lost();
          transitions.change(row, after, lost);
          outbox.add(entries.continuation(after), row.now());
        }
      }
      case SEEDING -> {
        if (!abandoned) {
          return false;
        }
        // Seeding needs the scratch of the worker that downloaded: it ends with it.
        JobRow after = row.ended(JobState.COMPLETED, 0);
        transitions.change(row, after, "seeding ended with its worker " + row.leaseOwner());
      }
      case CANCELLING -> {
        // Whoever clears away claims it himself; but a worker knows its own earlier life is over.
        if (deadOwner.isEmpty() || !row.leaseOwner().equals(deadOwner)) {
          return false;
        }
        transitions.change(row, row.cancelling(Duration.ZERO), "has lost its worker " + deadOwner);
      }
      case QUEUED, PAUSED, COMPLETED, FAILED, CANCELLED -> {
        return false;
      }
    }
    return true;
  }
}
