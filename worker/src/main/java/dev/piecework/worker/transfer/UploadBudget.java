package dev.piecework.worker.transfer;

import java.util.concurrent.Semaphore;

/**
 * Bounds what is being sent at once by all jobs of the worker. A part of 8 MiB or more takes a
 * whole slot, a small object an eighth: thousands of tiny files are a matter of round trips, large
 * parts one of bandwidth. Fair, so that no job waits for ever.
 */
final class UploadBudget {
  private static final int UNITS_PER_SLOT = 8;
  private static final long BYTES_PER_UNIT = 1L << 20;

  private final Semaphore units;
  private final int all;

  /**
   * @param slots large parts at once
   */
  UploadBudget(int slots) {
    this.all = slots * UNITS_PER_SLOT;
    this.units = new Semaphore(all, true);
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

  /** Slots in use; a small object counts as an eighth. */
  double used() {
    return (all - units.availablePermits()) / (double) UNITS_PER_SLOT;
  }

  /** Gives room back. */
  void release(int acquired) {
    units.release(acquired);
  }
}
