package dev.piecework.worker.verify;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import java.util.List;
import java.util.function.Consumer;

/** Completes uploads and proves the objects. All methods block and may be repeated. */
public interface ObjectFinisher {
  /**
   * Checks that every part of the layout is in the checkpoint, completes the multipart uploads, and
   * compares each object's size and checksum with what was sent.
   *
   * @param finished told of each object as it is done, in any order
   * @return every object, in the layout's order
   * @throws TransferException when an object is not what it must be; says whether trying again may
   *     help
   */
  List<FinishedObject> finish(
      ObjectLayout layout, String bucket, Checkpoint checkpoint, Consumer<FinishedObject> finished)
      throws TransferException;

  /** Writes the manifest object. */
  void putManifest(String bucket, String key, byte[] json) throws TransferException;

  /** Aborts the checkpoint's open uploads; those that are gone already do not matter. */
  void abort(ObjectLayout layout, String bucket, Checkpoint checkpoint) throws TransferException;
}
