package dev.piecework.worker.transfer;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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

  private final Clock clock;
  private Instant lastProgress;

  TransferState(TransferLedger ledger, Clock clock) {
    this.ledger = ledger;
    this.clock = clock;
    this.lastProgress = clock.instant();
  }

  /** With the lock held: something has moved. */
  void progressed() {
    lastProgress = clock.instant();
  }

  /** With the lock held: for how long nothing has moved. */
  Duration still() {
    return Duration.between(lastProgress, clock.instant());
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
