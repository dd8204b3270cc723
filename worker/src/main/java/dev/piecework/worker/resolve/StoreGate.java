package dev.piecework.worker.resolve;

import dev.piecework.worker.dialect.UploadTerms;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.transfer.TransferException;

/** What is asked of the object store before a transfer begins. */
public interface StoreGate {
  /**
   * Checks that a bucket is there and may be written.
   *
   * @param cancellation ends the asking
   * @throws TransferException if not, or if the store does not answer
   */
  void checkBucket(String bucket, Cancellation cancellation) throws TransferException;

  /**
   * Finds out how a bucket is spoken to, if that is not known; until then nothing is downloaded for
   * it.
   *
   * @param key of small objects that are written to find out, and deleted; nobody else's
   * @param origin what they say they come from
   * @param cancellation ends the asking
   * @param beforeEachUpload run before each request that begins an upload
   * @throws TransferException if it does not take what the settings ask for, or is not there, or
   *     may not be written, or the store does not answer
   */
  default UploadTerms prepare(
      String bucket,
      String key,
      ObjectOrigin origin,
      Cancellation cancellation,
      Runnable beforeEachUpload)
      throws TransferException {
    checkBucket(bucket, cancellation);
    return UploadTerms.standard();
  }

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
