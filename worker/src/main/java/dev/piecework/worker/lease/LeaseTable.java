package dev.piecework.worker.lease;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The lease columns of the job row, by the database's clock. */
public final class LeaseTable {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;

  /** Over the job table. */
  public LeaseTable(JdbcClient jdbc, TransactionTemplate transactions) {
    this.jdbc = jdbc;
    this.transactions = transactions;
  }

  /**
   * Prolongs leases, even expired ones that nobody has claimed.
   *
   * @return those that are lost
   */
  public List<Lease> renew(Collection<Lease> leases, Duration duration) {
    List<Lease> lost = new ArrayList<>();
    for (Lease lease : leases) {
      // One short transaction each: no row waits for another.
      transactions.executeWithoutResult(status -> {
        Instant until = now().plus(duration);
        int renewed =
            jdbc.sql(
                    """
                    UPDATE piecework_job SET lease_until = :until
                    WHERE id = :id AND epoch = :epoch AND lease_owner = :owner
                    """)
                .param("until", until.atOffset(ZoneOffset.UTC))
                .param("id", lease.jobId())
                .param("epoch", lease.epoch())
                .param("owner", lease.owner())
                .update();
        if (renewed == 0) {
          lost.add(lease);
        }
      });
    }
    return lost;
  }

  /** Whether whoever holds this lease is ordered to stop. */
  public boolean ordered(Lease lease) {
    return jdbc.sql(
            """
            SELECT id FROM piecework_job
            WHERE id = :id AND epoch = :epoch AND lease_owner = :owner AND ordered <> ''
            """)
        .param("id", lease.jobId())
        .param("epoch", lease.epoch())
        .param("owner", lease.owner())
        .query(String.class)
        .optional()
        .isPresent();
  }

  /**
   * The fence: locks the job's row for the transaction at hand and checks who holds it.
   *
   * @throws LeaseLostException if it is not this lease's owner
   */
  public void require(Lease lease) {
    boolean held =
        jdbc.sql(
                """
                SELECT id FROM piecework_job
                WHERE id = :id AND epoch = :epoch AND lease_owner = :owner FOR UPDATE
                """)
            .param("id", lease.jobId())
            .param("epoch", lease.epoch())
            .param("owner", lease.owner())
            .query(String.class)
            .optional()
            .isPresent();
    if (!held) {
      throw new LeaseLostException(lease);
    }
  }

  /** The fence on its own, before an outside effect; takes no lock. */
  public Fence fence(Lease lease) {
    return () -> {
      boolean held =
          jdbc.sql(
                  """
                  SELECT id FROM piecework_job
                  WHERE id = :id AND epoch = :epoch AND lease_owner = :owner
                  """)
              .param("id", lease.jobId())
              .param("epoch", lease.epoch())
              .param("owner", lease.owner())
              .query(String.class)
              .optional()
              .isPresent();
      if (!held) {
        throw new LeaseLostException(lease);
      }
    };
  }

  private Instant now() {
    return jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single().toInstant();
  }
}
