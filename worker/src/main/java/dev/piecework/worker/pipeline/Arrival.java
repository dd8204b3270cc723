package dev.piecework.worker.pipeline;

import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.OnExisting;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.worker.checkpoint.DestinationTable;
import dev.piecework.worker.existing.ExistingObjects;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.verify.Manifest;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What jobs do about objects that are in their destination already. */
final class Arrival {
  private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);

  private final ExistingObjects existing;
  private final DestinationTable destinations;
  private final OnExisting byDefault;

  /**
   * @param byDefault for jobs that do not say
   */
  Arrival(ExistingObjects existing, DestinationTable destinations, OnExisting byDefault) {
    this.existing = existing;
    this.destinations = destinations;
    this.byDefault = byDefault;
  }

  /**
   * Before anything is written.
   *
   * @throws TransferException if the job is to fail because something is there
   */
  void check(JobRun run, Checkpoint checkpoint) throws TransferException {
    if (answer(run) != OnExisting.FAIL) {
      return;
    }
    String jobId = run.lease().jobId();
    boolean wasClear = destinations.clear(jobId);
    Optional<String> foreign = existing.foreign(place(run, checkpoint), wasClear);
    if (foreign.isPresent()) {
      throw new TransferException(
          new Fault(
              Fault.Kind.OBJECT_EXISTS,
              "object %s is in bucket %s already, and the job is to fail then: remove it, choose another destination, or submit with onExisting overwrite or skip"
                  .formatted(foreign.get(), run.bucket())));
    }
    if (!wasClear) {
      destinations.markClear(run.lease());
    }
  }

  /** Objects that need not be sent, by index in the layout. */
  Map<Integer, FinishedObject> kept(JobRun run, Checkpoint checkpoint) throws TransferException {
    if (answer(run) != OnExisting.SKIP) {
      return Map.of();
    }
    Map<Integer, FinishedObject> kept = existing.identical(place(run, checkpoint));
    LOG.info(
        "{} of {} objects are in the destination already and are kept",
        kept.size(),
        run.layout().objects().size());
    return kept;
  }

  private OnExisting answer(JobRun run) {
    return run.message().options().onExisting().orElse(byDefault);
  }

  private static ExistingObjects.Place place(JobRun run, Checkpoint checkpoint) {
    Metainfo metainfo = run.layout().metainfo();
    return new ExistingObjects.Place(
        run.layout(),
        run.bucket(),
        Manifest.key(run.message().destination(), metainfo),
        new ObjectOrigin(run.lease().jobId(), metainfo.infoHash().hex()),
        checkpoint,
        run.cancellation());
  }
}
