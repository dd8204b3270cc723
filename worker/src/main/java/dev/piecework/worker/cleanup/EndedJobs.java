package dev.piecework.worker.cleanup;

import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.pipeline.BatchRecords;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The rows of jobs that have ended: a failed one's checkpoint goes first, and in the end all that
 * is known of a job. Any number of workers may do this at once: each job is looked at again under
 * its row lock.
 */
public final class EndedJobs {
  private static final Logger LOG = LoggerFactory.getLogger(EndedJobs.class);
  private static final int AT_ONCE = 200;

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final BatchRecords batch;

  /** Over the job tables and Spring Batch's. */
  public EndedJobs(JdbcClient jdbc, TransactionTemplate transactions, BatchRecords batch) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.batch = batch;
  }

  /**
   * Forgets the checkpoints of jobs that failed long ago; their uploads are then aborted.
   *
   * @return how many
   */
  public int forgetCheckpoints(Duration keep) {
    return each(
        """
        state = 'FAILED' AND updated_at <= :before
        AND (EXISTS (SELECT 1 FROM piecework_upload u WHERE u.job_id = j.id)
          OR EXISTS (SELECT 1 FROM piecework_part p WHERE p.job_id = j.id)
          OR EXISTS (SELECT 1 FROM piecework_checkpoint c WHERE c.job_id = j.id))
        """,
        keep,
        this::forgetCheckpoint);
  }

  /** What the job had done counts no more: it would start from nothing. */
  private void forgetCheckpoint(String job) {
    UploadIntents.giveUp(jdbc, job);
    jdbc.sql(
            """
            UPDATE piecework_job SET uploaded_bytes = 0, verified_pieces = 0,
              best_uploaded_bytes = 0, best_verified_pieces = 0
            WHERE id = :id
            """)
        .param("id", job)
        .update();
  }

  /**
   * Deletes all that is known of jobs that ended long ago.
   *
   * @return how many
   */
  public int forget(Duration keep) {
    int forgotten =
        each(
            """
            state IN ('COMPLETED', 'FAILED', 'CANCELLED') AND updated_at <= :before
            AND NOT EXISTS
              (SELECT 1 FROM piecework_outbox o WHERE o.job_id = j.id AND o.published = FALSE)
            """,
            keep,
            this::delete);
    if (forgotten > 0) {
      LOG.info("forgot {} jobs that ended more than {} days ago", forgotten, keep.toDays());
    }
    return forgotten;
  }

  /** Forgets when shares were served that have not been for long: they come first again. */
  public int forgetShares(Duration keep) {
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    return jdbc.sql("DELETE FROM piecework_share WHERE served_at < :before")
        .param("before", now.minus(keep))
        .update();
  }

  /**
   * Whether what this host has in scratch of a job is of no use any more: its work is done, or a
   * worker of another host is at it.
   *
   * @param worker the asking worker's identity
   */
  public boolean needsNoScratch(String job, String worker) {
    String host = worker.substring(0, Math.max(0, worker.lastIndexOf('-')));
    return jdbc.sql(
                """
                SELECT COUNT(*) FROM piecework_job
                WHERE id = :id AND (state IN ('COMPLETED', 'CANCELLED')
                  OR (state = 'RUNNING' AND lease_until > CURRENT_TIMESTAMP
                    AND lease_owner NOT LIKE :host))
                """)
            .param("id", job)
            .param("host", host + "-%")
            .query(Long.class)
            .single()
        > 0;
  }

  private void delete(String job) {
    UploadIntents.giveUp(jdbc, job);
    for (String table :
        new String[] {"piecework_outbox", "piecework_job_transition", "piecework_submission"}) {
      jdbc.sql("DELETE FROM " + table + " WHERE job_id = :job").param("job", job).update();
    }
    jdbc.sql("DELETE FROM piecework_job WHERE id = :job").param("job", job).update();
    batch.delete(job);
  }

  private interface Work {
    void on(String job);
  }

  private int each(String condition, Duration keep, Work work) {
    OffsetDateTime before =
        jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single().minus(keep);
    List<String> jobs =
        jdbc.sql(
                "SELECT j.id FROM piecework_job j WHERE %s FETCH FIRST %d ROWS ONLY"
                    .formatted(condition, AT_ONCE))
            .param("before", before)
            .query((row, number) -> row.getString(1))
            .list();
    int done = 0;
    for (String job : jobs) {
      Boolean still =
          transactions.execute(status -> {
            boolean mine =
                jdbc.sql(
                        "SELECT j.id FROM piecework_job j WHERE j.id = :id AND %s FOR UPDATE SKIP LOCKED"
                            .formatted(condition))
                    .param("id", job)
                    .param("before", before)
                    .query(String.class)
                    .optional()
                    .isPresent();
            if (mine) {
              work.on(job);
            }
            return mine;
          });
      done += Boolean.TRUE.equals(still) ? 1 : 0;
    }
    return done;
  }
}
