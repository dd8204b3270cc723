package dev.piecework.worker.checkpoint;

import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Transfer;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The checkpoint of each job: uploads, parts, and the pieces in one host's scratch. */
public final class CheckpointTable {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final LeaseTable leases;

  /** Over the checkpoint tables. */
  public CheckpointTable(JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.leases = leases;
  }

  /**
   * What a transfer has done since the last time.
   *
   * @param batch its batch
   * @param piecesChanged whether the batch's pieces differ from what was last written
   * @param scratchId the scratch folder that the pieces are in
   * @param downloadedBytes block bytes taken from peers since the last time
   * @param sentBytes block bytes given to peers since the last time
   * @param uploadedBytes bytes in parts that the store has, in all
   * @param verifiedPieces pieces verified, in all
   */
  public record Step(
      Transfer.Batch batch,
      boolean piecesChanged,
      String scratchId,
      long downloadedBytes,
      long sentBytes,
      long uploadedBytes,
      int verifiedPieces) {

    private boolean changed() {
      return !batch.parts().isEmpty() || (piecesChanged && !batch.pieces().isEmpty());
    }
  }

  /**
   * Writes a step down, all or nothing.
   *
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours
   */
  public void write(Lease lease, Step step) {
    transactions.executeWithoutResult(status -> {
      leases.require(lease);
      String job = lease.jobId();
      for (int object : step.batch().voided()) {
        forget(job, object);
      }
      step.batch().uploads().forEach(upload -> write(lease, upload));
      step.batch().parts().forEach(part -> write(job, part));
      if (step.piecesChanged()) {
        writePieces(job, step.scratchId(), step.batch().pieces());
      }
      count(job, step);
    });
  }

  /** The checkpoint as it stands. */
  public Checkpoint read(String jobId) {
    List<Checkpoint.Upload> uploads =
        jdbc.sql(
                """
                SELECT object_index, upload_id FROM piecework_upload WHERE job_id = :job
                ORDER BY object_index
                """)
            .param("job", jobId)
            .query((row, number) -> new Checkpoint.Upload(row.getInt(1), row.getString(2)))
            .list();
    List<Checkpoint.UploadedPart> parts =
        jdbc.sql(
                """
                SELECT object_index, part_number, length, etag, crc32c FROM piecework_part
                WHERE job_id = :job ORDER BY object_index, part_number
                """)
            .param("job", jobId)
            .query((row, number) ->
                new Checkpoint.UploadedPart(
                    row.getInt(1), row.getInt(2), row.getLong(3), row.getString(4), row.getInt(5)))
            .list();
    return jdbc.sql("SELECT scratch_id, pieces FROM piecework_checkpoint WHERE job_id = :job")
        .param("job", jobId)
        .query((row, number) ->
            new Checkpoint(uploads, parts, row.getString(1), BitSet.valueOf(row.getBytes(2))))
        .optional()
        .orElseGet(() -> new Checkpoint(uploads, parts, "", new BitSet()));
  }

  private void forget(String job, int object) {
    for (String table : new String[] {"piecework_part", "piecework_upload"}) {
      jdbc.sql("DELETE FROM " + table + " WHERE job_id = :job AND object_index = :object")
          .param("job", job)
          .param("object", object)
          .update();
    }
  }

  private void write(Lease lease, Checkpoint.Upload upload) {
    String job = lease.jobId();
    String key = takeIntent(lease, upload.object());
    int updated =
        jdbc.sql(
                """
                UPDATE piecework_upload SET upload_id = :upload, object_key = :key
                WHERE job_id = :job AND object_index = :object
                """)
            .param("job", job)
            .param("object", upload.object())
            .param("upload", upload.uploadId())
            .param("key", key)
            .update();
    if (updated == 0) {
      jdbc.sql(
              """
              INSERT INTO piecework_upload(job_id, object_index, upload_id, object_key)
              VALUES (:job, :object, :upload, :key)
              """)
          .param("job", job)
          .param("object", upload.object())
          .param("upload", upload.uploadId())
          .param("key", key)
          .update();
    }
  }

  /** The checkpoint vouches for the upload from now on. Returns its object's key. */
  private String takeIntent(Lease lease, int object) {
    // The last: requests before it whose answer was lost may have begun uploads of their own.
    Optional<Map.Entry<Long, String>> intent =
        jdbc.sql(
                """
                SELECT seq, object_key FROM piecework_upload_intent
                WHERE job_id = :job AND object_index = :object AND epoch = :epoch
                ORDER BY seq DESC FETCH FIRST 1 ROWS ONLY
                """)
            .param("job", lease.jobId())
            .param("object", object)
            .param("epoch", lease.epoch())
            .query((row, number) -> Map.entry(row.getLong(1), row.getString(2)))
            .optional();
    intent.ifPresent(row ->
        jdbc.sql("DELETE FROM piecework_upload_intent WHERE seq = :seq")
            .param("seq", row.getKey())
            .update());
    return intent.map(Map.Entry::getValue).orElse("");
  }

  private void write(String job, Checkpoint.UploadedPart part) {
    jdbc.sql(
            """
            DELETE FROM piecework_part
            WHERE job_id = :job AND object_index = :object AND part_number = :number
            """)
        .param("job", job)
        .param("object", part.object())
        .param("number", part.number())
        .update();
    jdbc.sql(
            """
            INSERT INTO piecework_part(job_id, object_index, part_number, length, etag, crc32c)
            VALUES (:job, :object, :number, :length, :etag, :crc32c)
            """)
        .param("job", job)
        .param("object", part.object())
        .param("number", part.number())
        .param("length", part.length())
        .param("etag", part.etag())
        .param("crc32c", part.crc32c())
        .update();
  }

  private void writePieces(String job, String scratchId, BitSet pieces) {
    byte[] bits = pieces.toByteArray();
    int updated =
        jdbc.sql(
                """
                UPDATE piecework_checkpoint
                SET scratch_id = :scratch, pieces = :pieces, updated_at = CURRENT_TIMESTAMP
                WHERE job_id = :job
                """)
            .param("job", job)
            .param("scratch", scratchId)
            .param("pieces", bits)
            .update();
    if (updated == 0) {
      jdbc.sql(
              """
              INSERT INTO piecework_checkpoint(job_id, scratch_id, pieces, updated_at)
              VALUES (:job, :scratch, :pieces, CURRENT_TIMESTAMP)
              """)
          .param("job", job)
          .param("scratch", scratchId)
          .param("pieces", bits)
          .update();
    }
  }

  private void count(String job, Step step) {
    if (step.changed() || step.downloadedBytes() > 0 || step.sentBytes() > 0) {
      jdbc.sql(
              """
              UPDATE piecework_job SET downloaded_bytes = downloaded_bytes + :downloaded,
                sent_bytes = sent_bytes + :sent,
                progressed = (progressed OR :uploaded > best_uploaded_bytes
                  OR :verified > best_verified_pieces),
                best_uploaded_bytes = GREATEST(best_uploaded_bytes, :uploaded),
                best_verified_pieces = GREATEST(best_verified_pieces, :verified),
                uploaded_bytes = :uploaded, verified_pieces = :verified,
                updated_at = CURRENT_TIMESTAMP
              WHERE id = :job
              """)
          .param("job", job)
          .param("downloaded", step.downloadedBytes())
          .param("sent", step.sentBytes())
          .param("uploaded", step.uploadedBytes())
          .param("verified", step.verifiedPieces())
          .update();
    }
  }
}
