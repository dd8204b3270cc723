package dev.piecework.worker.transfer;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.JobOptions;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.store.ObjectOrigin;
import java.util.Set;

/**
 * What to move.
 *
 * @param jobId the job; names its scratch folder
 * @param layout the torrent and where its bytes go
 * @param bucket the destination bucket
 * @param options the job's options
 * @param checkpoint what an earlier attempt left
 * @param kept objects (index in the layout) that are in the store already and are not sent
 * @param fence asked before an upload is given up
 * @param intent told before an upload is begun
 */
public record TransferRequest(
    String jobId,
    ObjectLayout layout,
    String bucket,
    JobOptions options,
    Checkpoint checkpoint,
    Set<Integer> kept,
    Fence fence,
    UploadIntent intent) {

  /** What the objects say they come from. */
  public ObjectOrigin origin() {
    return new ObjectOrigin(jobId, layout.metainfo().infoHash().hex());
  }
}
