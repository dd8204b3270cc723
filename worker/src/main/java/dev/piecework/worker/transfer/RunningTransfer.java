package dev.piecework.worker.transfer;

import dev.piecework.engine.Engine;
import dev.piecework.engine.PieceStorage;
import dev.piecework.engine.PieceTooLongException;
import dev.piecework.engine.Torrent;
import dev.piecework.engine.TorrentListener;
import dev.piecework.engine.TorrentRequest;
import dev.piecework.engine.TorrentStats;
import dev.piecework.worker.scratch.JobScratch;
import dev.piecework.worker.scratch.ScratchCheck;
import dev.piecework.worker.scratch.ScratchException;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
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
  private final PartSums sums;
  private final PartUploader uploader;
  private final TaskThreads threads;
  private final UploadPump pump;
  private final KeptSegments kept;

  /** Serves what scratch no longer has; only of a job that seeds. */
  private final Optional<StoredPieces> stored;

  private final TransferState state;

  // All under the state's lock.
  private final TransferLedger ledger;
  private @Nullable Torrent torrent;
  private boolean prepared;

  /** What all transfers of a worker share. */
  record Parts(
      Engine engine,
      ObjectStore store,
      UploadBudget budget,
      Optional<SeedCache> seedCache,
      TransferSettings settings,
      long retainBytes,
      int checkThreads,
      LongSupplier nanoClock) {}

  RunningTransfer(Parts parts, TransferRequest request, JobScratch scratch, boolean seedOnly) {
    this.parts = parts;
    this.request = request;
    this.scratch = scratch;
    this.seedOnly = seedOnly;
    this.ledger = new TransferLedger(request.layout(), request.checkpoint());
    request.kept().forEach(ledger::keepObject);
    this.state = new TransferState(ledger, parts.nanoClock());
    this.sums = new PartSums(request.layout(), scratch);
    this.uploader = new PartUploader(parts.store(), scratch, sums, request);
    this.threads = new TaskThreads("transfer-" + request.jobId());
    this.pump = new UploadPump(state, uploader, parts.budget(), threads, request.layout());
    this.stored =
        parts
            .seedCache()
            .filter(cache -> seedOnly)
            .map(cache ->
                new StoredPieces(
                    request.layout(), request.bucket(), parts.store(), cache, this::lost));
    this.kept =
        new KeptSegments(
            state, scratch, threads, () -> Optional.ofNullable(torrent), this::inStore);
    if (seedOnly) {
      ledger.everythingDone();
      prepared = true;
    }
  }

  void start() {
    threads.start(this::run);
    scratch.holder(kept);
  }

  // The caller's side.

  @Override
  public Batch await(Duration atMost) throws TransferException, InterruptedException {
    long nanos = atMost.toNanos();
    state.lock.lockInterruptibly();
    try {
      while (true) {
        // What is durable is told before what went wrong.
        if (ledger.hasPartNews() || state.closing) {
          return ledger.takeBatch();
        }
        if (state.failure != null) {
          throw state.failure;
        }
        if (nanos <= 0 || (prepared && !seedOnly && ledger.finished())) {
          refuseStall();
          return ledger.takeBatch();
        }
        nanos = state.changed.awaitNanos(nanos);
      }
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public void committed(Batch batch) {
    List<Integer> superfluous;
    Optional<Torrent> swarm;
    state.lock.lock();
    try {
      List<Integer> done = ledger.committed(batch);
      if (!batch.parts().isEmpty()) {
        state.progressed();
      }
      swarm = Optional.ofNullable(torrent);
      // Before anybody can take their segments: it would fetch them again.
      swarm.ifPresent(told -> done.forEach(told::bundleDone));
      superfluous = kept.bundlesDone(done);
      state.changed.signalAll();
    } finally {
      state.lock.unlock();
    }
    kept.drop(superfluous, swarm);
  }

  @Override
  public Duration waitsForPeers() {
    state.lock.lock();
    try {
      return prepared && !seedOnly && !ledger.finished() && ledger.idle()
          ? state.still()
          : Duration.ZERO;
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public boolean finished() {
    state.lock.lock();
    try {
      return prepared && ledger.finished();
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public TransferProgress progress() {
    state.lock.lock();
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
      state.lock.unlock();
    }
  }

  @Override
  public void close() {
    state.lock.lock();
    try {
      if (state.closing) {
        return;
      }
      state.closing = true;
      state.changed.signalAll();
    } finally {
      state.lock.unlock();
    }
    scratch.endWaits();
    uploader.cancel();
    stored.ifPresent(StoredPieces::close);
    threads.interruptFirst();
    Duration patience = parts.settings().closeTimeout();
    Closing.stop(swarm(), patience, request.jobId());
    if (!threads.join(patience)) {
      log.warn(
          "uploads of job {} do not end in time; they are left to themselves", request.jobId());
    }
    Closing.stop(swarm(), patience, request.jobId()); // If it was joined at the last moment.
    Closing.close(scratch);
  }

  // The engine's side.

  @Override
  public void pieceVerified(int piece) {
    state.lock.lock();
    try {
      state.progressed();
      if (ledger.pieceVerified(piece)) {
        state.changed.signalAll();
      }
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public void failed(Exception cause) {
    state.fail(TransferFaults.ofEngine(cause));
  }

  // The transfer's own thread.

  private void run() {
    try {
      prepare();
      pump.run();
    } catch (StoreException e) {
      state.fail(TransferFaults.of(e));
    } catch (ScratchException e) {
      state.fail(TransferFaults.of(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Closing.
    } catch (RuntimeException e) {
      state.fail(TransferFaults.defect(e));
    }
  }

  private void prepare() throws StoreException, ScratchException, InterruptedException {
    List<Integer> lost = List.of();
    if (!seedOnly) {
      parts.store().checkBucket(request.bucket());
      lost = new ResumeCheck(parts.store(), request).lost();
    }
    BitSet intact =
        ScratchCheck.intact(
            request.layout().metainfo(), scratch, parts.checkThreads(), state::closing);
    if (!intact.isEmpty()) {
      log.info("scratch holds {} intact pieces", intact.cardinality());
    }
    BitSet done;
    List<Integer> superfluous;
    boolean nothingToDo;
    state.lock.lock();
    try {
      lost.forEach(ledger::voidObject);
      ledger.begin(intact);
      done = ledger.doneBundles();
      superfluous =
          kept.begin(new SegmentRetention(request.layout(), scratch, done, parts.retainBytes()));
      prepared = true;
      state.progressed();
      state.changed.signalAll();
      nothingToDo = state.closing || (ledger.finished() && !seedOnly);
    } finally {
      state.lock.unlock();
    }
    kept.drop(superfluous, Optional.empty());
    if (!nothingToDo) {
      joinSwarm(done);
    }
  }

  private void joinSwarm(BitSet done) {
    BitSet available = new BitSet();
    state.lock.lock();
    try {
      available.or(ledger.verified());
      stored.ifPresent(more -> available.or(more.served()));
    } finally {
      state.lock.unlock();
    }
    TorrentRequest torrentRequest =
        new TorrentRequest(
            request.layout().metainfo(),
            request.layout().bundles(),
            (BitSet) done.clone(),
            (BitSet) available.clone(),
            parts.settings().windowBytes().toBytes(),
            parts.settings().starvedWindowBytes().toBytes(),
            stored.<PieceStorage>map(pieces -> new SeedStorage(sums, state, pieces)).orElse(sums),
            this,
            PeerAddresses.parse(request.options().peers(), parts.engine().names()),
            request.options().uploadBytesPerSecond(),
            request.options().downloadBytesPerSecond());
    Torrent joined;
    try {
      joined = parts.engine().add(torrentRequest);
    } catch (PieceTooLongException e) {
      state.fail(TransferFaults.pieceTooLong(e.pieceBytes(), e.limitBytes()));
      return;
    } catch (IllegalStateException e) {
      state.fail(TransferFaults.refusedByEngine(e));
      return;
    }
    state.lock.lock();
    try {
      torrent = joined;
      available.andNot(ledger.verified());
      stored.ifPresent(more -> available.andNot(more.served()));
      BitSet doneMeanwhile = ledger.doneBundles();
      doneMeanwhile.andNot(done);
      doneMeanwhile.stream().forEach(joined::bundleDone);
    } finally {
      state.lock.unlock();
    }
    available.stream().forEach(joined::forget); // What was dropped since it was declared.
  }

  private boolean inStore(int piece) {
    return stored.isPresent() && stored.get().serves(piece);
  }

  /** A piece cannot be had from the store any more. */
  private void lost(int piece) {
    state.lock.lock();
    try {
      if (torrent != null && !ledger.holds(piece)) {
        torrent.forget(piece);
      }
    } finally {
      state.lock.unlock();
    }
  }

  private @Nullable Torrent swarm() {
    state.lock.lock();
    try {
      return torrent;
    } finally {
      state.lock.unlock();
    }
  }

  /** With the lock held. */
  private void refuseStall() throws TransferException {
    Duration still = state.still();
    if (prepared
        && !seedOnly
        && !ledger.finished()
        && ledger.idle()
        && still.compareTo(parts.settings().stallTimeout()) >= 0) {
      state.failure = TransferFaults.stalled(still, stats());
      throw state.failure;
    }
  }

  private TorrentStats stats() {
    Torrent swarm = torrent;
    return swarm == null
        ? new TorrentStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of())
        : swarm.stats();
  }
}
