package dev.piecework.worker.resolve;

import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.TransferException;

/** The two questions that are asked of the object store before a transfer begins. */
public interface StoreGate {
  /**
   * Checks that a bucket is there and may be written.
   *
   * @param cancellation ends the asking
   * @throws TransferException if not, or if the store does not answer
   */
  void checkBucket(String bucket, Cancellation cancellation) throws TransferException;

  /**
   * Reads a small object whole.
   *
   * @param maxBytes most bytes that are accepted
   * @param cancellation ends the reading
   * @throws TransferException if there is none, or it is too large, or the store does not answer
   */
  byte[] read(String bucket, String key, int maxBytes, Cancellation cancellation)
      throws TransferException;
}
