package dev.piecework.worker.pipeline;

import dev.piecework.engine.EngineSettings;
import dev.piecework.layout.KeyTemplateException;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.EventData;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.EventType;
import dev.piecework.message.JobOptions;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.checkpoint.FailedProofs;
import dev.piecework.worker.checkpoint.MetainfoTable;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.JobLedger;
import dev.piecework.worker.job.OrderPendingException;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import dev.piecework.worker.resolve.SourceResolver;
import dev.piecework.worker.resolve.StoreGate;
import dev.piecework.worker.resolve.WriteRules;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Transfer;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.transfer.TransferFactory;
import dev.piecework.worker.transfer.TransferFaults;
import dev.piecework.worker.transfer.TransferRequest;
import dev.piecework.worker.verify.Manifest;
import dev.piecework.worker.verify.ObjectFinisher;
import dev.piecework.worker.verify.ProofFailedException;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the steps of the job {@code torrent} do. Each may be repeated: a new attempt runs all of
 * them again, and each finds done what was done.
 */
final class TorrentJob {
  private final Parts parts;
  private final JobRun run;
  private Map<Integer, FinishedObject> kept = Map.of();
  private List<FinishedObject> finished = List.of();
  private Optional<TransferSteps> transferSteps = Optional.empty();

  /** What every run uses. */
  record Parts(
      SourceResolver resolver,
      WriteRules rules,
      StoreGate store,
      TransferFactory transfers,
      ObjectFinisher finisher,
      JobLedger ledger,
      LeaseTable leases,
      CheckpointTable checkpoints,
      MetainfoTable metainfos,
      UploadIntents intents,
      FailedProofs proofs,
      Arrival arrival,
      RunMetrics metrics,
      Runnable wakeOutbox,
      EngineSettings engine,
      Duration checkpointInterval) {}

  TorrentJob(Parts parts, JobRun run) {
    this.parts = parts;
    this.run = run;
  }

  /** Metainfo, layout, and whether the destination takes objects at all. */
  void resolve() throws TransferException {
    run.enter(JobRun.Phase.RESOLVE);
    parts.rules().require(run.message().destination());
    Optional<byte[]> known =
        firstRun() ? Optional.empty() : parts.metainfos().read(run.lease().jobId());
    byte[] torrent =
        known.isPresent()
            ? known.get()
            : parts.resolver().resolve(run.message().source(), run.cancellation());
    ObjectLayout layout = layOut(torrent);
    parts.rules().require(run.message().destination(), layout);
    parts.store().checkBucket(run.bucket(), run.cancellation());
    run.checkStop();
    Metainfo metainfo = layout.metainfo();
    parts
        .ledger()
        .note(
            run.lease(),
            EventType.METADATA,
            "",
            new EventData.Metadata(
                metainfo.infoHash().hex(),
                metainfo.name(),
                MetainfoTable.totalBytes(layout),
                layout.objects().size(),
                metainfo.pieceCount(),
                metainfo.pieceLength()),
            () -> {
              if (known.isEmpty()) {
                parts.metainfos().write(run.lease(), torrent, layout);
              }
            });
    parts.wakeOutbox().run();
    run.layout(layout);
    run.resolved();
    parts.arrival().check(run, checkpointAtStart());
  }

  /**
   * Whether nobody can have written anything of this job before: only the holder of a claim does.
   */
  private boolean firstRun() {
    return run.lease().epoch() == 1;
  }

  /** What earlier runs have left. */
  private Checkpoint checkpointAtStart() {
    return firstRun() ? Checkpoint.empty() : parts.checkpoints().read(run.lease().jobId());
  }

  private ObjectLayout layOut(byte[] torrent) throws TransferException {
    Metainfo metainfo;
    try {
      metainfo = MetainfoParser.parse(torrent);
    } catch (MetainfoException e) {
      throw new TransferException(
          new Fault(
              Fault.Kind.INVALID_METAINFO,
              "the source is no torrent that can be downloaded: %s: %s"
                  .formatted(e.error(), e.getMessage())),
          e);
    }
    if (!parts.engine().holdsPiecesOf(metainfo)) {
      throw TransferFaults.pieceTooLong(metainfo.pieceLength(0), parts.engine().pieceBufferBytes());
    }
    try {
      ObjectLayout layout = ObjectLayout.of(metainfo, run.message().keys());
      Manifest.requireOwnKey(layout, run.message().destination());
      return layout;
    } catch (IllegalArgumentException | KeyTemplateException e) {
      throw new TransferException(
          new Fault(Fault.Kind.LIMIT_EXCEEDED, String.valueOf(e.getMessage())), e);
    }
  }

  /** Starts the transfer at the first read of its step. */
  TransferSteps transfer() throws TransferException {
    if (transferSteps.isEmpty()) {
      run.enter(JobRun.Phase.TRANSFER);
      Checkpoint checkpoint = checkpointAtStart();
      kept = parts.arrival().kept(run, checkpoint);
      run.transfer(parts.transfers().start(request(checkpoint)));
      transferSteps = Optional.of(steps(checkpoint));
    }
    return transferSteps.get();
  }

  private TransferSteps steps(Checkpoint checkpoint) {
    String scratchId = parts.transfers().scratchId();
    BitSet written = checkpoint.scratchId().equals(scratchId) ? checkpoint.pieces() : new BitSet();
    return new TransferSteps(
        run, parts.checkpoints(), scratchId, written, parts.checkpointInterval(), parts.metrics());
  }

  private TransferRequest request(Checkpoint checkpoint) {
    Lease lease = run.lease();
    return new TransferRequest(
        lease.jobId(),
        run.layout(),
        run.bucket(),
        run.message().options(),
        checkpoint,
        kept.keySet(),
        parts.leases().fence(lease),
        (object, key) -> parts.intents().intend(lease, object, run.bucket(), key));
  }

  /** Completes uploads and proves the objects. */
  void verify() throws TransferException {
    run.endTransfer();
    run.enter(JobRun.Phase.VERIFY);
    Map<String, Integer> indexByKey = new HashMap<>();
    for (StoredObject object : run.layout().objects()) {
      indexByKey.put(object.key(), object.index());
    }
    try {
      finished = finish(indexByKey);
    } catch (ProofFailedException e) {
      Optional<String> before = parts.proofs().failed(run.lease(), e.object(), e.found());
      throw before.isPresent() ? e.again(before.get()) : e;
    }
  }

  private List<FinishedObject> finish(Map<String, Integer> indexByKey) throws TransferException {
    return parts
        .finisher()
        .finish(
            new ObjectFinisher.Work(
                run.layout(),
                run.bucket(),
                parts.checkpoints().read(run.lease().jobId()),
                kept,
                parts.leases().fence(run.lease()),
                run.cancellation()),
            object -> {
              run.checkStop();
              parts
                  .ledger()
                  .note(
                      run.lease(),
                      EventType.FILE_UPLOADED,
                      String.valueOf(indexByKey.get(object.key())),
                      new EventData.FileUploaded(object));
              parts.wakeOutbox().run();
            });
  }

  /** Manifest, then the end in one transaction. */
  void publish() throws TransferException {
    run.enter(JobRun.Phase.PUBLISH);
    ObjectLayout layout = run.layout();
    Metainfo metainfo = layout.metainfo();
    String manifestKey = Manifest.key(run.message().destination(), metainfo);
    parts.leases().fence(run.lease()).check();
    parts
        .finisher()
        .putManifest(
            run.bucket(),
            manifestKey,
            new ObjectOrigin(run.lease().jobId(), metainfo.infoHash().hex()),
            Manifest.json(run.lease().jobId(), run.message().destination(), layout, finished),
            run.cancellation());
    boolean seeding = seeds();
    run.ending();
    try {
      complete(metainfo, layout, manifestKey, seeding);
    } catch (OrderPendingException e) {
      run.stop(JobRun.StopReason.ORDERED);
      run.checkStop();
    }
    parts.wakeOutbox().run();
    run.completed(seeding);
  }

  private void complete(
      Metainfo metainfo, ObjectLayout layout, String manifestKey, boolean seeding) {
    parts
        .ledger()
        .complete(
            run.lease(),
            seeding,
            totals ->
                new EventData.Completed(
                    metainfo.infoHash().hex(),
                    metainfo.name(),
                    run.bucket(),
                    MetainfoTable.totalBytes(layout),
                    finished,
                    manifestKey,
                    totals.downloadedBytes(),
                    Math.max(0, totals.downloadedBytes() - metainfo.totalLength()),
                    totals.seconds(),
                    kept.size()));
  }

  /** Whether the job asks for seeding. */
  boolean seeds() {
    JobOptions options = run.message().options();
    return options.seedRatio().isPresent() || options.seedTime().isPresent();
  }

  /** Gives until the ratio or the time is reached, or the worker stops. */
  void seed() throws TransferException, InterruptedException {
    if (!run.seeding()) {
      return;
    }
    run.enter(JobRun.Phase.SEED);
    JobOptions options = run.message().options();
    long total = Math.max(1, MetainfoTable.totalBytes(run.layout()));
    long enough =
        options.seedRatio().map(ratio -> (long) Math.ceil(ratio * total)).orElse(Long.MAX_VALUE);
    long deadline =
        options
            .seedTime()
            .map(time -> System.nanoTime() + time.toNanos())
            .orElse(System.nanoTime() + Long.MAX_VALUE / 2);
    Checkpoint checkpoint = parts.checkpoints().read(run.lease().jobId());
    run.transfer(parts.transfers().seed(request(checkpoint)));
    TransferSteps steps = steps(checkpoint);
    Transfer transfer = run.transfer();
    while (transfer.progress().swarm().sentBytes() < enough
        && System.nanoTime() - deadline < 0
        && run.stopReason().isEmpty()) {
      steps.commit(transfer.await(parts.checkpointInterval()));
    }
    run.checkStop();
    run.endTransfer();
  }
}
