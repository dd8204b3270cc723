package dev.piecework.worker.pipeline;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.Destination;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.checkpoint.UploadTermsTable;
import dev.piecework.worker.dialect.UploadTerms;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.resolve.StoreGate;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** How a job's objects are to be uploaded: found out, or as an earlier run began. */
final class UploadPlan {
  /** Stands for the objects that are written to find out, among those of a job. */
  private static final int PROBE = -1;

  private final StoreGate store;
  private final UploadTermsTable table;
  private final UploadIntents intents;

  UploadPlan(StoreGate store, UploadTermsTable table, UploadIntents intents) {
    this.store = store;
    this.table = table;
    this.intents = intents;
  }

  /**
   * Checks the bucket, and says how it is written to.
   *
   * @param layout the keys that are going to be written are allowed
   * @param checkpoint what earlier runs have left
   */
  UploadTerms terms(JobRun run, ObjectLayout layout, Checkpoint checkpoint)
      throws TransferException {
    Lease lease = run.lease();
    Destination destination = run.message().destination();
    String infoHash = layout.metainfo().infoHash().hex();
    // No longer than the manifest's, which is allowed; another job's of the same torrent differs.
    String key =
        "%s.piecework-%s-%08x.try"
            .formatted(destination.prefix(), infoHash.substring(0, 16), lease.jobId().hashCode());
    AtomicBoolean intended = new AtomicBoolean();
    UploadTerms now =
        store.prepare(
            destination.bucket(),
            key,
            new ObjectOrigin(lease.jobId(), infoHash),
            run.cancellation(),
            () -> {
              intended.set(true);
              intents.intend(lease, PROBE, destination.bucket(), key);
            });
    if (intended.get()) {
      intents.settle(lease, PROBE);
    }
    boolean begun = !checkpoint.uploads().isEmpty() || !checkpoint.parts().isEmpty();
    return begun ? table.read(lease.jobId()).orElse(UploadTerms.standard()) : now;
  }

  /** Writes them down, in the caller's transaction. */
  void keep(JobRun run, UploadTerms terms) {
    table.write(run.lease(), terms);
  }

  /** Refuses a torrent with an object that cannot be uploaded so. */
  static void require(ObjectLayout layout, UploadTerms terms) throws TransferException {
    Optional<String> refusal = terms.refusal(layout);
    if (refusal.isPresent()) {
      throw new TransferException(new Fault(Fault.Kind.DESTINATION_REFUSED, refusal.get()));
    }
  }
}
