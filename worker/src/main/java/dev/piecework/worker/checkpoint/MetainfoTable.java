package dev.piecework.worker.checkpoint;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The metainfo of each job: fetched once, then kept, so that every attempt sees the same. */
public final class MetainfoTable {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final LeaseTable leases;

  /** Over the job table. */
  public MetainfoTable(JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.leases = leases;
  }

  /** The torrent file's bytes, if they are known. */
  public Optional<byte[]> read(String jobId) {
    return jdbc.sql("SELECT metainfo FROM piecework_job WHERE id = :id AND metainfo IS NOT NULL")
        .param("id", jobId)
        .query((row, number) -> row.getBytes(1))
        .optional();
  }

  /**
   * Keeps them, with what people ask for.
   *
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours
   */
  public void write(Lease lease, byte[] torrent, ObjectLayout layout) {
    Metainfo metainfo = layout.metainfo();
    transactions.executeWithoutResult(status -> {
      leases.require(lease);
      jdbc.sql(
              """
              UPDATE piecework_job SET metainfo = :metainfo, info_hash = :hash, name = :name,
                total_bytes = :bytes, total_pieces = :pieces, total_files = :files,
                updated_at = CURRENT_TIMESTAMP
              WHERE id = :id
              """)
          .param("id", lease.jobId())
          .param("metainfo", torrent)
          .param("hash", metainfo.infoHash().hex())
          .param("name", metainfo.name())
          .param("bytes", totalBytes(layout))
          .param("pieces", metainfo.pieceCount())
          .param("files", layout.objects().size())
          .update();
    });
  }

  /** Bytes to store: pad files do not count. */
  public static long totalBytes(ObjectLayout layout) {
    return layout.objects().stream().mapToLong(StoredObject::length).sum();
  }
}
