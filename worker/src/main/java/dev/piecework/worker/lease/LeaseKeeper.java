package dev.piecework.worker.lease;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Keeps this worker's leases alive and says at once when one is gone. While the database cannot be
 * reached, a lease counts as lost when it would have expired by our own clock: from then on another
 * worker may hold it.
 */
public final class LeaseKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  private final LeaseTable table;
  private final Duration duration;
  private final LongSupplier nanoClock;
  private final Map<Lease, Held> held = new ConcurrentHashMap<>();

  /**
   * @param table where leases are
   * @param duration of a lease
   * @param nanoClock monotonic, in nanoseconds
   */
  public LeaseKeeper(LeaseTable table, Duration duration, LongSupplier nanoClock) {
    this.table = table;
    this.duration = duration;
    this.nanoClock = nanoClock;
  }

  private record Held(Runnable onLost, long renewedAt) {}

  /**
   * Takes care of a lease that has just been claimed.
   *
   * @param onLost run once, on the keeper's thread, if it is lost; must return at once
   */
  public void keep(Lease lease, Runnable onLost) {
    held.put(lease, new Held(onLost, nanoClock.getAsLong()));
  }

  /** Lets go of a lease whose job has ended. */
  public void drop(Lease lease) {
    held.remove(lease);
  }

  /** Whether a lease is still taken care of: not dropped, and not known to be lost. */
  public boolean holds(Lease lease) {
    return held.containsKey(lease);
  }

  /** Renews all. Called every third of a lease. */
  public void renewAll() {
    for (Lease lease : List.copyOf(held.keySet())) {
      renew(lease);
    }
  }

  private void renew(Lease lease) {
    long begun = nanoClock.getAsLong();
    try {
      if (table.renew(List.of(lease), duration).isEmpty()) {
        held.computeIfPresent(lease, (key, was) -> new Held(was.onLost(), begun));
      } else {
        lost(lease, "another worker has the job");
      }
    } catch (DataAccessException | TransactionException e) {
      Held now = held.get(lease);
      if (now != null && nanoClock.getAsLong() - now.renewedAt() >= duration.toNanos()) {
        lost(lease, "the database cannot be reached");
      } else {
        LOG.warn("lease on job {} could not be renewed, trying again", lease.jobId());
      }
    }
  }

  private void lost(Lease lease, String why) {
    Held was = held.remove(lease);
    if (was != null) {
      LOG.warn("lease on job {} (epoch {}) lost: {}", lease.jobId(), lease.epoch(), why);
      was.onLost().run();
    }
  }
}
