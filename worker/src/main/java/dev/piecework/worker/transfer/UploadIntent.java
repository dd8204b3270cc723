package dev.piecework.worker.transfer;

/** Told right before each request that begins a multipart upload. */
@FunctionalInterface
public interface UploadIntent {
  /**
   * Writes it down, so that the upload can be found should its id never be.
   *
   * @param object index in the layout
   * @param key its key
   * @throws dev.piecework.worker.lease.LeaseLostException if the job is no longer ours; nothing may
   *     be begun then
   */
  void record(int object, String key);
}
