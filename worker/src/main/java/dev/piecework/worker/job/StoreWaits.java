package dev.piecework.worker.job;

import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.store.StoreOutage;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionException;

/**
 * Says in the rows of jobs that they wait for the object store, and since when, so that questions
 * and lists show it. The reason of a running job is empty otherwise.
 */
public final class StoreWaits {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWaits.class);
  private static final int MAX_REASON = 4000;
  private static final int AT_ONCE = 500;
  private static final String HANDED_BACK = "handed back: ";

  private final JdbcClient jdbc;
  private final String worker;

  // Guarded by this.
  private boolean toBeCleared = true;

  /**
   * @param worker this worker's identity
   */
  public StoreWaits(JdbcClient jdbc, String worker) {
    this.jdbc = jdbc;
    this.worker = worker;
  }

  /**
   * Brings the rows into line. Cheap while the store is well; to be called at each change, and now
   * and then.
   *
   * @param outage of the store; empty while it can be used
   * @param running jobs that this worker is at
   */
  public synchronized void tell(Optional<StoreOutage> outage, Collection<Lease> running) {
    try {
      if (outage.isPresent()) {
        toBeCleared = true;
        String text = outage.get().text();
        running.forEach(lease -> waits(lease, text));
      } else if (toBeCleared) {
        clear();
        toBeCleared = false;
      }
    } catch (DataAccessException | TransactionException e) {
      LOG.debug("cannot say now which jobs wait for the store: {}", SqlFaults.cause(e));
    }
  }

  private void waits(Lease lease, String text) {
    jdbc.sql(
            """
            UPDATE piecework_job SET reason = :reason
            WHERE id = :id AND epoch = :epoch AND lease_owner = :owner AND state = 'RUNNING'
              AND reason <> :reason
            """)
        .param("reason", text.length() <= MAX_REASON ? text : text.substring(0, MAX_REASON))
        .param("id", lease.jobId())
        .param("epoch", lease.epoch())
        .param("owner", lease.owner())
        .update();
  }

  /** One at a time: whoever changes several rows at once may wait for others in a circle. */
  private void clear() {
    String waiting = StoreOutage.WAITING_SINCE + "%";
    List<String> jobs =
        jdbc.sql(
                """
                SELECT id FROM piecework_job
                WHERE (state = 'RUNNING' AND lease_owner = :worker AND reason LIKE :waiting)
                  OR (state = 'QUEUED' AND reason LIKE :handedBack)
                FETCH FIRST %d ROWS ONLY
                """
                    .formatted(AT_ONCE))
            .param("worker", worker)
            .param("waiting", waiting)
            .param("handedBack", HANDED_BACK + waiting)
            .query((row, number) -> row.getString(1))
            .list();
    for (String job : jobs) {
      jdbc.sql(
              """
              UPDATE piecework_job SET reason = '' WHERE id = :id AND
                ((state = 'RUNNING' AND lease_owner = :worker AND reason LIKE :waiting)
                  OR (state = 'QUEUED' AND reason LIKE :handedBack))
              """)
          .param("id", job)
          .param("worker", worker)
          .param("waiting", waiting)
          .param("handedBack", HANDED_BACK + waiting)
          .update();
    }
  }
}
