package dev.piecework.worker.checkpoint;

import dev.piecework.layout.PartRule;
import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.UploadTerms;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * How each job's objects are cut and uploaded. Kept with the job, so that a run under other
 * settings goes on with what an earlier one began.
 */
public final class UploadTermsTable {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final LeaseTable leases;

  /** Over the job table. */
  public UploadTermsTable(JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.leases = leases;
  }

  /** Those of a job; empty if none were written. */
  public Optional<UploadTerms> read(String jobId) {
    return jdbc.sql("SELECT part_size, max_parts, dialect FROM piecework_job WHERE id = :id")
        .param("id", jobId)
        .query((row, number) -> terms(row.getLong(1), row.getInt(2), row.getString(3)))
        .optional()
        .flatMap(terms -> terms);
  }

  private static Optional<UploadTerms> terms(long partSize, int maxParts, String dialect) {
    return partSize == 0
        ? Optional.empty()
        : StoreDialect.parse(dialect)
            .map(parsed -> new UploadTerms(new PartRule(partSize, maxParts), parsed));
  }

  /** How a job's objects are cut. */
  public PartRule parts(String jobId) {
    return read(jobId).map(UploadTerms::parts).orElse(PartRule.STANDARD);
  }

  /**
   * Writes them down.
   *
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours
   */
  public void write(Lease lease, UploadTerms terms) {
    transactions.executeWithoutResult(status -> {
      leases.require(lease);
      jdbc.sql(
              """
              UPDATE piecework_job SET part_size = :size, max_parts = :most, dialect = :dialect
              WHERE id = :id
              """)
          .param("id", lease.jobId())
          .param("size", terms.parts().partSize())
          .param("most", terms.parts().maxParts())
          .param("dialect", terms.dialect().text())
          .update();
    });
  }
}
