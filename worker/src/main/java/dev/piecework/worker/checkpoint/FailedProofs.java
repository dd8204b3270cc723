package dev.piecework.worker.checkpoint;

import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Objects that were not what was sent, so that none is sent again and again for ever. */
public final class FailedProofs {
  private static final int MAX_FOUND = 1000;

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final LeaseTable leases;

  /** Over the table of failed proofs. */
  public FailedProofs(JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.leases = leases;
  }

  /**
   * Writes one down.
   *
   * @param found what was wrong
   * @return what was wrong the time before; empty if it is the first
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours
   */
  public Optional<String> failed(Lease lease, int object, String found) {
    Optional<String> before =
        transactions.execute(status -> {
          leases.require(lease);
          Optional<String> known =
              jdbc.sql(
                      "SELECT found FROM piecework_failed_proof WHERE job_id = :job AND object_index = :object")
                  .param("job", lease.jobId())
                  .param("object", object)
                  .query((row, number) -> row.getString(1))
                  .optional();
          if (known.isEmpty()) {
            jdbc.sql(
                    "INSERT INTO piecework_failed_proof(job_id, object_index, found) VALUES (:job, :object, :found)")
                .param("job", lease.jobId())
                .param("object", object)
                .param("found", found.length() <= MAX_FOUND ? found : found.substring(0, MAX_FOUND))
                .update();
          }
          return known;
        });
    return before == null ? Optional.empty() : before;
  }

  /** Forgets them: the job begins a new series of attempts. */
  public static void forget(JdbcClient jdbc, String jobId) {
    jdbc.sql("DELETE FROM piecework_failed_proof WHERE job_id = :job").param("job", jobId).update();
  }
}
