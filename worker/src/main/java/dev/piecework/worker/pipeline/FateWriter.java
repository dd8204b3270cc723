package dev.piecework.worker.pipeline;

import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.lease.LeaseLostException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Writes how a run ended, again and again while the database is away; but not for ever. It ends
 * when the lease is lost, when the database refuses what is written, soon after the worker begins
 * to shut down, and in any case after a few minutes, during which a lease was renewed that nothing
 * comes of: then the lease expires, and the sweeper has another worker take the job.
 */
final class FateWriter {
  private static final Logger LOG = LoggerFactory.getLogger(FateWriter.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Longest time of attempts, while leases can be renewed all the same. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** The same while the worker shuts down, which has a grace period for all its jobs. */
  private static final Duration SHUTDOWN_LIMIT = Duration.ofSeconds(3);

  private final LeaseKeeper leases;
  private final BooleanSupplier shuttingDown;
  private final LongSupplier nanoClock;

  FateWriter(LeaseKeeper leases, BooleanSupplier shuttingDown, LongSupplier nanoClock) {
    this.leases = leases;
    this.shuttingDown = shuttingDown;
    this.nanoClock = nanoClock;
  }

  /** What came of it. */
  enum Written {
    /** It is in the row. */
    DONE,
    /** Another worker has the job, and writes. */
    LEASE_LOST,
    /** The database will never take it. */
    REFUSED,
    /** The database cannot be used; the lease is left to expire. */
    GIVEN_UP
  }

  /** Writes; blocks. */
  Written write(Lease lease, Runnable work) {
    long begun = nanoClock.getAsLong();
    boolean told = false;
    while (true) {
      try {
        work.run();
        return Written.DONE;
      } catch (LeaseLostException e) {
        LOG.warn("cannot write the end of the run: lease lost; another worker now owns this job");
        return Written.LEASE_LOST;
      } catch (DataAccessException | TransactionException e) {
        String cause = SqlFaults.cause(e);
        if (SqlFaults.lasting(e)) {
          LOG.error("the database refuses the end of the run: {}", cause, e);
          return Written.REFUSED;
        }
        long spent = nanoClock.getAsLong() - begun;
        Duration limit = shuttingDown.getAsBoolean() ? SHUTDOWN_LIMIT : LIMIT;
        if (!leases.holds(lease) || spent >= limit.toNanos()) {
          LOG.warn(
              "cannot write the end of the run: {}. The lease is left to expire; then the job is"
                  + " resumed",
              cause);
          return Written.GIVEN_UP;
        }
        if (!told) {
          LOG.warn("cannot write the end of the run yet: {}. Retrying every second", cause);
          told = true;
        }
        if (!pause()) {
          return Written.GIVEN_UP;
        }
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(PAUSE);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
