package dev.piecework.worker.transfer;

import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bounds what is being sent at once by all jobs of the worker. A part of 8 MiB or more takes a
 * whole slot, a small object an eighth: thousands of tiny files are a matter of round trips, large
 * parts one of bandwidth. Fair, so that no job waits for ever.
 *
 * <p>A store that answers that it is asked too much gets a slot less, down to one; after every
 * {@value #PROOFS} that were sent since, one more again.
 */
final class UploadBudget {
  private static final int UNITS_PER_SLOT = 8;
  private static final long BYTES_PER_UNIT = 1L << 20;

  /** Sent without a complaint, before another slot is dared. */
  private static final int PROOFS = 32;

  private final Units units;
  private final int all;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by {@link #lock}, as what follows. */
  private int open;

  private int sent;

  /**
   * @param slots large parts at once
   */
  UploadBudget(int slots) {
    this.all = slots * UNITS_PER_SLOT;
    this.open = all;
    this.units = new Units(all);
  }

  /** Permits that can be taken away from those who wait. */
  private static final class Units extends Semaphore {
    private static final long serialVersionUID = 1;

    Units(int permits) {
      super(permits, true);
    }

    void reduce(int by) {
      reducePermits(by);
    }
  }

  /**
   * Waits for room.
   *
   * @param bytes length of what is to be sent
   * @return what to give back to {@link #release}
   */
  int acquire(long bytes) throws InterruptedException {
    long whole = (bytes + BYTES_PER_UNIT - 1) / BYTES_PER_UNIT;
    int wanted = Math.clamp(whole, 1, UNITS_PER_SLOT);
    units.acquire(wanted);
    return wanted;
  }

  /** The store is asked too much at once. */
  void shrink() {
    lock.lock();
    try {
      sent = 0;
      if (open > UNITS_PER_SLOT) {
        open -= UNITS_PER_SLOT;
        units.reduce(UNITS_PER_SLOT);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Large parts that may be sent at once now. */
  int slots() {
    lock.lock();
    try {
      return open / UNITS_PER_SLOT;
    } finally {
      lock.unlock();
    }
  }

  /** Slots in use; a small object counts as an eighth. */
  double used() {
    lock.lock();
    try {
      return (open - units.availablePermits()) / (double) UNITS_PER_SLOT;
    } finally {
      lock.unlock();
    }
  }

  /** Gives room back. */
  void release(int acquired) {
    units.release(acquired);
    lock.lock();
    try {
      sent++;
      if (open < all && sent >= PROOFS) {
        sent = 0;
        open += UNITS_PER_SLOT;
        units.release(UNITS_PER_SLOT);
      }
    } finally {
      lock.unlock();
    }
  }
}
