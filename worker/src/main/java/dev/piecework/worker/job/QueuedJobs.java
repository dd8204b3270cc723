package dev.piecework.worker.job;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Which queued job is claimed next: of the highest priority, and of those the one whose place is
 * first. Where jobs take turns by a label ({@link FairShares}), the share comes first that has the
 * fewest running jobs, of several the one that was served longest ago.
 *
 * <p>Any number of workers may ask at once: a row that another transaction has locked is passed
 * over. Each question reads a few index entries, however many jobs are queued; by shares, a few for
 * each share.
 */
final class QueuedJobs {
  /** Shares that are tried while others have their rows locked. */
  private static final int SHARES_TRIED = 8;

  private static final int ROWS_TRIED = 50;
  private static final int MAX_TRIES = 10;
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final JdbcClient jdbc;
  private final Transitions transitions;
  private final FairShares shares;

  QueuedJobs(JdbcClient jdbc, Transitions transitions, FairShares shares) {
    this.transitions = transitions;
    this.jdbc = jdbc;
    this.shares = shares;
  }

  /**
   * The next one, locked until the transaction at hand ends.
   *
   * @param waited only a job that has waited for so long; empty for any
   * @return empty if there is none, or others have all locked
   */
  Optional<JobRow> lockNext(Optional<Duration> waited) {
    Optional<OffsetDateTime> before =
        waited.map(time ->
            jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single().minus(time));
    if (shares.any()) {
      for (Turn turn : turns()) {
        Optional<JobRow> row = lock("AND priority = :priority AND share = :share", turn, before);
        if (row.isPresent()) {
          serve(turn.share());
          return row;
        }
      }
    }
    for (int tries = 1; tries <= MAX_TRIES; tries++) {
      Optional<JobRow> row = lock("", new Turn("", 0), before);
      if (row.isPresent()) {
        return row;
      }
      List<String> waiting = first(before);
      if (waiting.isEmpty()) {
        return Optional.empty();
      }
      row = lockOneOf(waiting);
      if (row.isPresent()) {
        return row;
      }
      // All are locked, by claims that take some milliseconds: H2 locks every row that it looks at.
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return Optional.empty();
  }

  /**
   * Row by row, where one statement found none: H2 counts the rows that it fetches before it passes
   * over those that are locked.
   */
  private Optional<JobRow> lockOneOf(List<String> jobs) {
    for (String job : jobs) {
      Optional<JobRow> row =
          transitions.lockUnlessBusy(job).filter(found -> found.state() == JobState.QUEUED);
      if (row.isPresent()) {
        return row;
      }
    }
    return Optional.empty();
  }

  private List<String> first(Optional<OffsetDateTime> before) {
    JdbcClient.StatementSpec statement =
        jdbc.sql(
            """
            SELECT id FROM piecework_job WHERE state = 'QUEUED' %s
            ORDER BY priority DESC, place_at FETCH FIRST %d ROWS ONLY
            """
                .formatted(before.isPresent() ? "AND queued_at <= :before" : "", ROWS_TRIED));
    before.ifPresent(time -> statement.param("before", time));
    return statement.query((row, number) -> row.getString(1)).list();
  }

  private record Turn(String share, int priority) {}

  /** Shares with jobs of the highest priority, in the order in which they are to be served. */
  private List<Turn> turns() {
    Optional<Integer> priority =
        jdbc.sql(
                """
                SELECT priority FROM piecework_job WHERE state = 'QUEUED'
                ORDER BY priority DESC FETCH FIRST 1 ROWS ONLY
                """)
            .query(Integer.class)
            .optional();
    if (priority.isEmpty()) {
      return List.of();
    }
    // From one share to the next by the index: not every queued job is read.
    return jdbc.sql(
            """
            WITH RECURSIVE waiting(share) AS (
              SELECT MIN(share) FROM piecework_job WHERE state = 'QUEUED' AND priority = :priority
              UNION ALL
              SELECT (SELECT MIN(j.share) FROM piecework_job j WHERE j.state = 'QUEUED'
                AND j.priority = :priority AND j.share > w.share)
              FROM waiting w WHERE w.share IS NOT NULL)
            SELECT w.share, COALESCE(r.jobs, 0) AS running, s.served_at AS served,
              (SELECT MIN(f.place_at) FROM piecework_job f WHERE f.state = 'QUEUED'
                AND f.priority = :priority AND f.share = w.share) AS place
            FROM waiting w
            LEFT JOIN (SELECT share, COUNT(*) AS jobs FROM piecework_job WHERE state = 'RUNNING'
              GROUP BY share) r ON r.share = w.share
            LEFT JOIN piecework_share s ON s.name = w.share
            WHERE w.share IS NOT NULL
            ORDER BY running, served NULLS FIRST, place FETCH FIRST %d ROWS ONLY
            """
                .formatted(SHARES_TRIED))
        .param("priority", priority.get())
        .query((row, number) -> new Turn(row.getString("share"), priority.get()))
        .list();
  }

  private Optional<JobRow> lock(String condition, Turn turn, Optional<OffsetDateTime> before) {
    JdbcClient.StatementSpec statement =
        jdbc.sql(
            """
            SELECT %s FROM piecework_job WHERE state = 'QUEUED' %s %s
            ORDER BY priority DESC, place_at FETCH FIRST 1 ROWS ONLY FOR UPDATE SKIP LOCKED
            """
                .formatted(
                    Transitions.COLUMNS,
                    condition,
                    before.isPresent() ? "AND queued_at <= :before" : ""));
    if (!condition.isEmpty()) {
      statement.param("priority", turn.priority()).param("share", turn.share());
    }
    before.ifPresent(time -> statement.param("before", time));
    return statement.query(Transitions::row).optional();
  }

  private void serve(String share) {
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    int known =
        jdbc.sql("UPDATE piecework_share SET served_at = :now WHERE name = :share")
            .param("now", now.withOffsetSameInstant(ZoneOffset.UTC))
            .param("share", share)
            .update();
    if (known == 0) {
      jdbc.sql("INSERT INTO piecework_share(name, served_at) VALUES (:share, :now)")
          .param("share", share)
          .param("now", now.withOffsetSameInstant(ZoneOffset.UTC))
          .update();
    }
  }
}
