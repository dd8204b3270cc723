package dev.piecework.worker.checkpoint;

import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Whether each job found its destination clear before it wrote its first object. */
public final class DestinationTable {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final LeaseTable leases;

  /** Over the job table. */
  public DestinationTable(JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.leases = leases;
  }

  /** Whether it has been found clear, in this attempt or an earlier one. */
  public boolean clear(String jobId) {
    return jdbc.sql("SELECT destination_clear FROM piecework_job WHERE id = :id")
        .param("id", jobId)
        .query(Boolean.class)
        .single();
  }

  /**
   * Writes down that it is clear.
   *
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours
   */
  public void markClear(Lease lease) {
    transactions.executeWithoutResult(status -> {
      leases.require(lease);
      jdbc.sql("UPDATE piecework_job SET destination_clear = TRUE WHERE id = :id")
          .param("id", lease.jobId())
          .update();
    });
  }
}
