package dev.piecework.worker.transfer;

import dev.piecework.engine.Engine;
import dev.piecework.engine.Torrent;
import dev.piecework.engine.TorrentListener;
import dev.piecework.engine.TorrentRequest;
import dev.piecework.engine.TorrentStats;
import dev.piecework.layout.Part;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.scratch.JobScratch;
import dev.piecework.worker.scratch.ScratchCheck;
import dev.piecework.worker.scratch.ScratchException;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transfer at work. Its books are in a {@link TransferLedger} under one lock that is never held
 * over a blocking call. One thread of its own prepares (asks the store, hashes scratch, starts the
 * swarm) and then starts an upload for every part that becomes ready; the engine's threads report
 * pieces; the caller's thread takes batches.
 */
final class RunningTransfer implements Transfer, TorrentListener {
  private static final Logger log = LoggerFactory.getLogger(RunningTransfer.class);

  private final Parts parts;
  private final TransferRequest request;
  private final JobScratch scratch;
  private final boolean seedOnly;
  private final PartUploader uploader;
  private final TaskThreads threads;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final TransferLedger ledger;
  private @Nullable SegmentRetention retention;
  private @Nullable Torrent torrent;
  private @Nullable TransferException failure;
  private boolean prepared;
  private boolean closing;
  private Instant lastProgress;

  /** What all transfers of a worker share. */
  record Parts(
      Engine engine,
      ObjectStore store,
      UploadBudget budget,
      TransferSettings settings,
      long retainBytes,
      int checkThreads,
      Clock clock) {}

  RunningTransfer(Parts parts, TransferRequest request, JobScratch scratch, boolean seedOnly) {
    this.parts = parts;
    this.request = request;
    this.scratch = scratch;
    this.seedOnly = seedOnly;
    this.ledger = new TransferLedger(request.layout(), request.checkpoint());
    this.uploader = new PartUploader(parts.store(), scratch, request);
    this.threads = new TaskThreads("transfer-" + request.jobId());
    this.lastProgress = parts.clock().instant();
    if (seedOnly) {
      ledger.everythingDone();
      prepared = true;
    }
  }

  void start() {
    threads.start(this::run);
  }

  // The caller's side.

  @Override
  public Batch await(Duration atMost) throws TransferException, InterruptedException {
    long nanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (true) {
        // What is durable is told before what went wrong.
        if (ledger.hasPartNews() || closing) {
          return ledger.takeBatch();
        }
        if (failure != null) {
          throw failure;
        }
        if (nanos <= 0 || (prepared && !seedOnly && ledger.finished())) {
          refuseStall();
          return ledger.takeBatch();
        }
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void committed(Batch batch) {
    List<Integer> done;
    List<Integer> superfluous;
    Torrent swarm;
    lock.lock();
    try {
      done = ledger.committed(batch);
      if (!batch.parts().isEmpty()) {
        lastProgress = parts.clock().instant();
      }
      if (retention != null) {
        done.forEach(retention::bundleDone);
      }
      superfluous = takeSuperfluousSegments();
      swarm = torrent;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (swarm != null) {
      done.forEach(swarm::bundleDone);
    }
    drop(superfluous, swarm);
  }

  @Override
  public boolean finished() {
    lock.lock();
    try {
      return prepared && ledger.finished();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public TransferProgress progress() {
    lock.lock();
    try {
      return new TransferProgress(
          ledger.totalBytes(),
          ledger.verifiedBytes(),
          ledger.uploadedBytes(),
          ledger.uploadedParts(),
          ledger.totalParts(),
          ledger.settledPieces(),
          request.layout().metainfo().pieceCount(),
          stats());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closing) {
        return;
      }
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    uploader.cancel();
    threads.interruptFirst();
    Duration patience = parts.settings().closeTimeout();
    Closing.stop(swarm(), patience, request.jobId());
    if (!threads.join(patience)) {
      log.warn("uploads of job {} do not end in time; they are left to themselves", request.jobId());
    }
    Closing.stop(swarm(), patience, request.jobId()); // If it was joined at the last moment.
    Closing.close(scratch);
  }

  // The engine's side.

  @Override
  public void pieceVerified(int piece) {
    lock.lock();
    try {
      lastProgress = parts.clock().instant();
      if (ledger.pieceVerified(piece)) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void failed(Exception cause) {
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof ScratchException scratchFailure) {
        fail(new TransferException(scratchFailure.fault(), cause));
        return;
      }
    }
    fail(
        new TransferException(
            new Fault(Fault.Kind.INTERNAL, "the download engine gave up: " + cause), cause));
  }

  // The transfer's own thread.

  private void run() {
    try {
      prepare();
      uploadWhatIsReady();
    } catch (StoreException e) {
      fail(new TransferException(e.destinationFault(), e));
    } catch (ScratchException e) {
      fail(new TransferException(e.fault(), e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Closing.
    } catch (RuntimeException e) {
      fail(
          new TransferException(
              new Fault(Fault.Kind.INTERNAL, "the transfer failed, a defect: " + e), e));
    }
  }

  private void prepare() throws StoreException, ScratchException, InterruptedException {
    List<Integer> lost = List.of();
    if (!seedOnly) {
      parts.store().checkBucket(request.bucket());
      lost =
          new ResumeCheck(
                  parts.store(), request.layout(), request.bucket(), request.checkpoint())
              .lost();
    }
    BitSet intact =
        ScratchCheck.intact(
            request.layout().metainfo(), scratch, parts.checkThreads(), this::closing);
    if (!intact.isEmpty()) {
      log.info("scratch holds {} intact pieces", intact.cardinality());
    }
    BitSet done;
    List<Integer> superfluous;
    boolean nothingToDo;
    lock.lock();
    try {
      lost.forEach(ledger::voidObject);
      ledger.begin(intact);
      done = ledger.doneBundles();
      retention = new SegmentRetention(request.layout(), scratch, done, parts.retainBytes());
      superfluous = takeSuperfluousSegments();
      prepared = true;
      lastProgress = parts.clock().instant();
      changed.signalAll();
      nothingToDo = closing || (ledger.finished() && !seedOnly);
    } finally {
      lock.unlock();
    }
    drop(superfluous, null);
    if (!nothingToDo) {
      joinSwarm(done);
    }
  }

  private void joinSwarm(BitSet done) {
    BitSet available;
    lock.lock();
    try {
      available = ledger.verified();
    } finally {
      lock.unlock();
    }
    Torrent joined =
        parts
            .engine()
            .add(
                new TorrentRequest(
                    request.layout().metainfo(),
                    request.layout().bundles(),
                    (BitSet) done.clone(),
                    (BitSet) available.clone(),
                    parts.settings().windowBytes().toBytes(),
                    parts.settings().starvedWindowBytes().toBytes(),
                    scratch,
                    this,
                    PeerAddresses.parse(request.options().peers()),
                    request.options().uploadBytesPerSecond(),
                    request.options().downloadBytesPerSecond()));
    BitSet doneMeanwhile;
    lock.lock();
    try {
      torrent = joined;
      available.andNot(ledger.verified());
      doneMeanwhile = ledger.doneBundles();
      doneMeanwhile.andNot(done);
    } finally {
      lock.unlock();
    }
    doneMeanwhile.stream().forEach(joined::bundleDone);
    available.stream().forEach(joined::forget); // What was dropped since it was declared.
  }

  private void uploadWhatIsReady() throws InterruptedException {
    while (true) {
      Part part;
      lock.lockInterruptibly();
      try {
        OptionalInt next = OptionalInt.empty();
        while (next.isEmpty()) {
          if (closing || failure != null || ledger.finished()) {
            return;
          }
          next = ledger.takeReady();
          if (next.isEmpty()) {
            changed.await();
          }
        }
        part = ledger.part(next.getAsInt());
      } finally {
        lock.unlock();
      }
      int room = parts.budget().acquire(part.length());
      threads.start(
          () -> {
            try {
              upload(part);
            } finally {
              parts.budget().release(room);
            }
          });
    }
  }

  private void upload(Part part) {
    try {
      Optional<String> uploadId = Optional.empty();
      if (!request.layout().objects().get(part.object()).single()) {
        uploadId = Optional.of(uploader.uploadId(part.object(), this::knownUpload, this::begun));
      }
      UploadedPart sent = uploader.send(part, uploadId);
      lock.lock();
      try {
        lastProgress = parts.clock().instant();
        ledger.partUploaded(sent);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    } catch (StoreException e) {
      givenUp();
      switch (e.reason()) {
        case CANCELLED -> log.debug("part {} of object {} given up", part.number(), part.object());
        case NO_SUCH_UPLOAD ->
            fail(
                new TransferException(
                    new Fault(
                        Fault.Kind.STORE_UNAVAILABLE,
                        e.getMessage()
                            + "; it was aborted by somebody, or by a rule of the bucket: the next attempt sends the object again"),
                    e));
        default -> fail(new TransferException(e.destinationFault(), e));
      }
    } catch (RuntimeException e) {
      givenUp();
      fail(
          new TransferException(
              new Fault(Fault.Kind.INTERNAL, "an upload failed, a defect: " + e), e));
    }
  }

  private Optional<String> knownUpload(int object) {
    lock.lock();
    try {
      return ledger.uploadId(object);
    } finally {
      lock.unlock();
    }
  }

  private void begun(int object, String uploadId) {
    lock.lock();
    try {
      ledger.uploadBegun(object, uploadId);
    } finally {
      lock.unlock();
    }
  }

  private void givenUp() {
    lock.lock();
    try {
      ledger.partGivenUp();
    } finally {
      lock.unlock();
    }
  }

  private void fail(TransferException why) {
    lock.lock();
    try {
      if (failure == null && !closing) {
        failure = why;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Torrent swarm() {
    lock.lock();
    try {
      return torrent;
    } finally {
      lock.unlock();
    }
  }

  private boolean closing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }

  /** With the lock held. Says which segments have to go and takes their pieces off the books. */
  private List<Integer> takeSuperfluousSegments() {
    SegmentRetention kept = retention;
    if (kept == null) {
      return List.of();
    }
    List<Integer> superfluous = kept.takeSuperfluous();
    for (int segment : superfluous) {
      ledger.dropped(
          scratch.segments().firstPiece(segment), scratch.segments().lastPiece(segment));
    }
    return superfluous;
  }

  private void drop(List<Integer> superfluous, @Nullable Torrent swarm) {
    for (int segment : superfluous) {
      if (swarm != null) {
        for (int piece = scratch.segments().firstPiece(segment);
            piece <= scratch.segments().lastPiece(segment);
            piece++) {
          swarm.forget(piece);
        }
      }
      try {
        scratch.delete(segment);
      } catch (ScratchException e) {
        fail(new TransferException(e.fault(), e));
      }
    }
  }

  /** With the lock held. */
  private void refuseStall() throws TransferException {
    Duration still = Duration.between(lastProgress, parts.clock().instant());
    if (prepared
        && !seedOnly
        && !ledger.finished()
        && ledger.idle()
        && still.compareTo(parts.settings().stallTimeout()) >= 0) {
      failure = new TransferException(Stall.fault(still, stats()));
      throw failure;
    }
  }

  private TorrentStats stats() {
    Torrent swarm = torrent;
    return swarm == null
        ? new TorrentStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of())
        : swarm.stats();
  }
}
