package dev.piecework.worker.transfer;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the threads of a transfer share. Fields are read and written under {@link #lock} only. */
final class TransferState {
  /** Never held over a blocking call. */
  final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a part becomes ready or uploaded, and when the transfer ends. */
  final Condition changed = lock.newCondition();

  final TransferLedger ledger;
  @Nullable TransferException failure;
  boolean closing;

  private final LongSupplier nanoClock;
  private long lastProgress;

  /**
   * @param nanoClock monotonic, in nanoseconds: no stall comes of a time of day that is set anew
   */
  TransferState(TransferLedger ledger, LongSupplier nanoClock) {
    this.ledger = ledger;
    this.nanoClock = nanoClock;
    this.lastProgress = nanoClock.getAsLong();
  }

  /** With the lock held: something has moved. */
  void progressed() {
    lastProgress = nanoClock.getAsLong();
  }

  /** With the lock held: for how long nothing has moved. */
  Duration still() {
    return Duration.ofNanos(nanoClock.getAsLong() - lastProgress);
  }

  /** Ends the transfer; the first reason counts. */
  void fail(TransferException why) {
    lock.lock();
    try {
      if (failure == null && !closing) {
        failure = why;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the end has begun. */
  boolean closing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }
}
