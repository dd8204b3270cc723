package dev.piecework.worker.checkpoint;

import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Multipart uploads that may be open at the store without any checkpoint knowing them. A row is
 * written before each request that begins an upload, and goes with the commit that puts the upload
 * into the checkpoint; so what a kill, a lost answer or a lost lease leaves behind can be found.
 */
public final class UploadIntents {
  /** No worker can be in the middle of such a claim any more, whatever the row's state becomes. */
  private static final String DEAD =
      """
      NOT EXISTS (SELECT 1 FROM piecework_job j WHERE j.id = i.job_id AND j.epoch = i.epoch
        AND j.state IN ('RUNNING', 'SEEDING'))
      """;

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final LeaseTable leases;

  /** Over the tables of intents and uploads. */
  public UploadIntents(JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.leases = leases;
  }

  /**
   * An upload to be looked for.
   *
   * @param seq the row
   * @param uploadId empty if it is not known
   * @param since when it was about to begin, by the database's clock
   */
  public record Stray(long seq, String bucket, String key, String uploadId, Instant since) {}

  /**
   * Says that an upload is about to be begun.
   *
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours
   */
  public void intend(Lease lease, int object, String bucket, String key) {
    transactions.executeWithoutResult(status -> {
      leases.require(lease);
      jdbc.sql(
              """
              INSERT INTO piecework_upload_intent(job_id, object_index, epoch, bucket, object_key,
                upload_id, since)
              VALUES (:job, :object, :epoch, :bucket, :key, '', CURRENT_TIMESTAMP)
              """)
          .param("job", lease.jobId())
          .param("object", object)
          .param("epoch", lease.epoch())
          .param("bucket", bucket)
          .param("key", key)
          .update();
    });
  }

  /**
   * In the transaction that forgets a job's checkpoint: its uploads are to be aborted.
   *
   * @param jdbc the transaction's
   */
  public static void giveUp(JdbcClient jdbc, String jobId) {
    jdbc.sql(
            """
            INSERT INTO piecework_upload_intent(job_id, object_index, epoch, bucket, object_key,
              upload_id, since)
            SELECT u.job_id, u.object_index, j.epoch, j.bucket, u.object_key, u.upload_id,
              CURRENT_TIMESTAMP
            FROM piecework_upload u JOIN piecework_job j ON j.id = u.job_id
            WHERE u.job_id = :job AND u.object_key <> ''
            """)
        .param("job", jobId)
        .update();
    for (String table :
        new String[] {"piecework_part", "piecework_upload", "piecework_checkpoint"}) {
      jdbc.sql("DELETE FROM " + table + " WHERE job_id = :job").param("job", jobId).update();
    }
    jdbc.sql(
            "UPDATE piecework_job SET best_uploaded_bytes = 0, best_verified_pieces = 0 WHERE id = :job")
        .param("job", jobId)
        .update();
  }

  /**
   * What nobody can still be busy with.
   *
   * @param age of those that must be looked for: a request may be on its way for so long
   * @param atMost rows
   */
  public List<Stray> strays(Duration age, int atMost) {
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    return jdbc.sql(
            """
            SELECT i.seq, i.bucket, i.object_key, i.upload_id, i.since
            FROM piecework_upload_intent i
            WHERE (i.upload_id <> '' OR i.since <= :before) AND %s
            ORDER BY i.seq FETCH FIRST %d ROWS ONLY
            """
                .formatted(DEAD, atMost))
        .param("before", now.minus(age))
        .query(UploadIntents::stray)
        .list();
  }

  /**
   * Those of one job, however young, that nobody can still be busy with.
   *
   * @param atMost rows
   */
  public List<Stray> straysOf(String jobId, int atMost) {
    return jdbc.sql(
            """
            SELECT i.seq, i.bucket, i.object_key, i.upload_id, i.since
            FROM piecework_upload_intent i WHERE i.job_id = :job AND %s
            ORDER BY i.seq FETCH FIRST %d ROWS ONLY
            """
                .formatted(DEAD, atMost))
        .param("job", jobId)
        .query(UploadIntents::stray)
        .list();
  }

  /**
   * Which of the uploads that the store has for a key somebody vouches for. To be asked after the
   * store was: then an upload begun meanwhile is known here in one way or the other.
   *
   * @return empty while some worker is about to begin an upload of that key, which may be any of
   *     them: ask again later
   */
  public Optional<Set<String>> wanted(String bucket, String key, Set<String> found) {
    boolean busy =
        jdbc.sql(
                    """
                    SELECT COUNT(*) FROM piecework_upload_intent i
                    WHERE i.bucket = :bucket AND i.object_key = :key AND NOT (%s)
                    """
                        .formatted(DEAD))
                .param("bucket", bucket)
                .param("key", key)
                .query(Long.class)
                .single()
            > 0;
    if (found.isEmpty()) {
      return Optional.of(Set.of());
    }
    if (busy) {
      return Optional.empty();
    }
    return Optional.of(
        jdbc
            .sql("SELECT upload_id FROM piecework_upload WHERE upload_id IN (:ids)")
            .param("ids", found)
            .query((row, number) -> row.getString(1))
            .list()
            .stream()
            .collect(Collectors.toSet()));
  }

  /** Strikes a stray off the list. */
  public void settled(Stray stray) {
    jdbc.sql("DELETE FROM piecework_upload_intent WHERE seq = :seq")
        .param("seq", stray.seq())
        .update();
  }

  private static Stray stray(ResultSet row, int number) throws SQLException {
    return new Stray(
        row.getLong("seq"),
        row.getString("bucket"),
        row.getString("object_key"),
        row.getString("upload_id"),
        row.getObject("since", OffsetDateTime.class).toInstant());
  }
}
