package dev.piecework.worker.resolve;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.Destination;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.settings.BucketSettings;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.verify.Manifest;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Refuses what the operator lets no job write or delete, before anything is asked of the store.
 *
 * @param buckets what is allowed
 */
public record WriteRules(BucketSettings buckets) {
  /**
   * Checks what is known before the torrent is.
   *
   * @throws TransferException with DESTINATION_REFUSED
   */
  public void require(Destination destination) throws TransferException {
    refuse(buckets.writeRefused(destination.bucket()));
  }

  /**
   * Checks every object, and the manifest.
   *
   * @throws TransferException with DESTINATION_REFUSED
   */
  public void require(Destination destination, ObjectLayout layout) throws TransferException {
    refuse(
        buckets.writeRefused(
            destination.bucket(),
            Stream.concat(
                Stream.of(Manifest.key(destination, layout.metainfo())),
                layout.objects().stream().map(StoredObject::key))));
  }

  private static void refuse(Optional<String> reason) throws TransferException {
    if (reason.isPresent()) {
      throw new TransferException(new Fault(Fault.Kind.DESTINATION_REFUSED, reason.get()));
    }
  }
}
