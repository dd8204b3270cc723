package dev.piecework.worker.loop;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Has large messages handled one at a time in this process, whichever way they come: reading one of
 * 16 MiB, and writing it to SQL, takes several times its length for a moment, and the heap is one.
 */
public final class OneLarge {
  /** What has fewer bytes is handled without waiting. */
  private static final int LARGE = 1 << 20;

  private static final Semaphore TURN = new Semaphore(1, true);

  private OneLarge() {}

  /**
   * Does what needs memory in proportion to a message; does not nest.
   *
   * @param bytes of the message
   * @throws IllegalStateException if interrupted while waiting for its turn
   */
  public static <T> T run(int bytes, Supplier<T> work) {
    if (bytes < LARGE) {
      return work.get();
    }
    try {
      TURN.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a large message waited", e);
    }
    try {
      return work.get();
    } finally {
      TURN.release();
    }
  }
}
