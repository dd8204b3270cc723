package dev.piecework.worker.existing;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import java.util.Map;
import java.util.Optional;

/** Questions about a destination before a job writes there. All block and may be repeated. */
public interface ExistingObjects {
  /**
   * Where a job writes.
   *
   * @param layout the objects
   * @param bucket the destination bucket
   * @param manifestKey key of the job's manifest
   * @param job what the job's objects say they come from
   * @param checkpoint what the job has sent already
   * @param cancellation ends the waiting
   */
  record Place(
      ObjectLayout layout,
      String bucket,
      String manifestKey,
      ObjectOrigin job,
      Checkpoint checkpoint,
      Cancellation cancellation) {}

  /**
   * Objects that need not be sent, because they are proven to have the right content: a manifest of
   * this very torrent at the job's manifest key lists them, and what it says of size, ETag and
   * checksum still holds. Objects that the job has begun to send are left out.
   *
   * @return by index in the layout; empty when nothing can be proven
   * @throws TransferException when the store does not answer
   */
  Map<Integer, FinishedObject> identical(Place place) throws TransferException;

  /**
   * The first object in the job's way: at one of its keys, the manifest's included, and not written
   * by the job itself. The job's own are those that say so in their metadata, those that are what
   * its checkpoint says, and, where workers write no such metadata, everything that appeared after
   * the job found its destination clear.
   *
   * @param wasClear whether it has found it clear before
   * @return its key
   * @throws TransferException when the store does not answer
   */
  Optional<String> foreign(Place place, boolean wasClear) throws TransferException;
}
