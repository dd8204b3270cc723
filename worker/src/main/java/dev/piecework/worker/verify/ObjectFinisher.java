package dev.piecework.worker.verify;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Completes uploads and proves the objects. All methods block and may be repeated. */
public interface ObjectFinisher {
  /**
   * What to finish.
   *
   * @param layout the torrent and where its bytes are
   * @param bucket the destination bucket
   * @param checkpoint what was sent
   * @param kept objects that were there already and need not be sent, by index in the layout
   * @param fence asked right before each upload is completed
   * @param cancellation ends the waiting; what the store was asked for may still happen
   */
  record Work(
      ObjectLayout layout,
      String bucket,
      Checkpoint checkpoint,
      Map<Integer, FinishedObject> kept,
      Fence fence,
      Cancellation cancellation) {}

  /**
   * Checks that every part of the layout is in the checkpoint, completes the multipart uploads, and
   * compares each object's size and checksum with what was sent; of one that was kept, with what it
   * was then.
   *
   * @param finished told of each object that was sent, as it is done, in any order
   * @return every object, in the layout's order
   * @throws TransferException when an object is not what it must be; says whether trying again may
   *     help; its cause is a {@link dev.piecework.worker.lease.LeaseLostException} when the fence
   *     said so
   */
  List<FinishedObject> finish(Work work, Consumer<FinishedObject> finished)
      throws TransferException;

  /** Writes the manifest object. */
  void putManifest(
      String bucket, String key, ObjectOrigin origin, byte[] json, Cancellation cancellation)
      throws TransferException;

  /**
   * Aborts the checkpoint's open uploads; those that are gone already do not matter.
   *
   * @return uploads that the store refuses to abort, and why; it goes on with the others
   * @throws TransferException if trying again later may help
   */
  List<String> abort(ObjectLayout layout, String bucket, Checkpoint checkpoint)
      throws TransferException;

  /**
   * Deletes the objects that the job has made: those whose every part is in the checkpoint, and
   * that are still what was sent; and those of one part that a worker sent and did not come to
   * write down, if the store says that they come from this job. What anybody else has put in their
   * place is left alone.
   *
   * @param jobId the job
   * @param fence asked before each; what it throws ends the work
   * @return objects that the store refuses to look up or delete, and why
   * @throws TransferException if trying again later may help
   */
  List<String> delete(
      ObjectLayout layout, String bucket, String jobId, Checkpoint checkpoint, Fence fence)
      throws TransferException;

  /**
   * Deletes the manifest if it is this job's.
   *
   * @return it, if the store refuses that, and why
   * @throws TransferException if trying again later may help
   */
  List<String> deleteManifest(String bucket, String key, String jobId) throws TransferException;
}
