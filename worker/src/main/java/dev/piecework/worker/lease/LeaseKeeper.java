package dev.piecework.worker.lease;

import dev.piecework.net.LogContext;
import dev.piecework.worker.database.SqlFaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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

  /** When the renewal at hand began; empty between renewals. */
  private volatile OptionalLong renewing = OptionalLong.empty();

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

  /**
   * @param failed whether the last renewal did
   */
  private record Held(Runnable onLost, Runnable onOrder, long renewedAt, boolean failed) {
    Held renewed(long at) {
      return new Held(onLost, onOrder, at, false);
    }

    Held notRenewed() {
      return new Held(onLost, onOrder, renewedAt, true);
    }
  }

  /**
   * Takes care of a lease that has just been claimed.
   *
   * @param onLost run once, on one of the keeper's threads, if it is lost; must return at once
   */
  public void keep(Lease lease, Runnable onLost) {
    keep(lease, onLost, () -> {});
  }

  /**
   * The same for a job that may be ordered to stop.
   *
   * @param onOrder run when it is, possibly more than once, on any thread; must return at once
   */
  public void keep(Lease lease, Runnable onLost, Runnable onOrder) {
    held.put(lease, new Held(onLost, onOrder, nanoClock.getAsLong(), false));
  }

  /**
   * Looks whether a job that we hold is ordered to stop. Every renewal looks too, so that nothing
   * but time is lost when nobody calls this.
   */
  public void look(String jobId) {
    for (Lease lease : held.keySet()) {
      if (lease.jobId().equals(jobId)) {
        tell(lease);
      }
    }
  }

  private void tell(Lease lease) {
    Held now = held.get(lease);
    if (now != null && table.ordered(lease)) {
      now.onOrder().run();
    }
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

  /**
   * Gives up leases that have run out by our own clock while a renewal hangs, or after one has
   * failed: a database that neither answers nor refuses must not keep a worker believing. Called
   * every second, by another thread than {@link #renewAll}. A worker that merely slept asks the
   * database first: nobody need have taken its jobs.
   */
  public void giveUpExpired() {
    OptionalLong begun = renewing;
    boolean hangs =
        begun.isPresent() && nanoClock.getAsLong() - begun.getAsLong() >= duration.toNanos() / 3;
    held.forEach((lease, was) -> {
      if ((hangs || was.failed()) && expired(was)) {
        lost(lease, "the database does not answer");
      }
    });
  }

  private static LogContext context(Lease lease) {
    return LogContext.of(Map.of("job", lease.jobId(), "epoch", Long.toString(lease.epoch())));
  }

  private boolean expired(Held was) {
    return nanoClock.getAsLong() - was.renewedAt() >= duration.toNanos();
  }

  private void renew(Lease lease) {
    long begun = nanoClock.getAsLong();
    renewing = OptionalLong.of(begun);
    try {
      if (table.renew(List.of(lease), duration).isEmpty()) {
        held.computeIfPresent(lease, (key, was) -> was.renewed(begun));
        tell(lease);
      } else {
        lost(lease, "the job has just ended, or another worker has it");
      }
    } catch (DataAccessException | TransactionException e) {
      Held now = held.get(lease);
      if (now != null && expired(now)) {
        lost(lease, "the database cannot be used: " + SqlFaults.cause(e));
      } else if (now != null) {
        if (held.computeIfPresent(lease, (key, was) -> was.notRenewed()) == null) {
          return; // Dropped or lost meanwhile: there is nothing left to renew.
        }
        context(lease)
            .run(() ->
                LOG.warn(
                    "lease on job {} could not be renewed, trying again: {}",
                    lease.jobId(),
                    SqlFaults.cause(e)));
      }
    } finally {
      renewing = OptionalLong.empty();
    }
  }

  private void lost(Lease lease, String why) {
    Held was = held.remove(lease);
    if (was != null) {
      // Whoever still works on the job warns.
      context(lease)
          .run(() ->
              LOG.info(
                  "lease on job {} (epoch {}) is gone: {}", lease.jobId(), lease.epoch(), why));
      was.onLost().run();
    }
  }
}
