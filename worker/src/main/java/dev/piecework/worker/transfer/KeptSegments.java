package dev.piecework.worker.transfer;

import dev.piecework.engine.Torrent;
import dev.piecework.layout.Segments;
import dev.piecework.worker.scratch.JobScratch;
import dev.piecework.worker.scratch.ScratchBudget;
import dev.piecework.worker.scratch.ScratchException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a transfer keeps in scratch for peers only: gives it back when the books say so, and when
 * the worker's budget needs it.
 */
final class KeptSegments implements ScratchBudget.Holder {
  private final TransferState state;
  private final JobScratch scratch;
  private final TaskThreads threads;
  private final Supplier<Optional<Torrent>> torrent;
  private final IntPredicate elsewhere;
  private final AtomicBoolean givingBack = new AtomicBoolean();

  // Under the state's lock.
  private @Nullable SegmentRetention retention;

  /**
   * @param torrent called with the state's lock held
   * @param elsewhere whether a piece is served though scratch does not have it
   */
  KeptSegments(
      TransferState state,
      JobScratch scratch,
      TaskThreads threads,
      Supplier<Optional<Torrent>> torrent,
      IntPredicate elsewhere) {
    this.state = state;
    this.scratch = scratch;
    this.threads = threads;
    this.torrent = torrent;
    this.elsewhere = elsewhere;
  }

  /** With the lock held: what is there is known. Returns what has to go. */
  List<Integer> begin(SegmentRetention found) {
    retention = found;
    return superfluous();
  }

  /** With the lock held: bundles are done, of which the torrent has been told. */
  List<Integer> bundlesDone(List<Integer> done) {
    SegmentRetention kept = retention;
    if (kept == null) {
      return List.of();
    }
    done.forEach(kept::bundleDone);
    return superfluous();
  }

  private List<Integer> superfluous() {
    SegmentRetention kept = retention;
    return kept == null ? List.of() : offTheBooks(kept.takeSuperfluous(scratch.room()));
  }

  private List<Integer> offTheBooks(List<Integer> gone) {
    Segments segments = scratch.segments();
    for (int segment : gone) {
      state.ledger.dropped(segments.firstPiece(segment), segments.lastPiece(segment));
    }
    return gone;
  }

  /** Deletes segments that are off the books; without the lock. */
  void drop(List<Integer> gone, Optional<Torrent> swarm) {
    Segments segments = scratch.segments();
    for (int segment : gone) {
      swarm.ifPresent(told -> {
        for (int piece = segments.firstPiece(segment);
            piece <= segments.lastPiece(segment);
            piece++) {
          if (!elsewhere.test(piece)) {
            told.forget(piece);
          }
        }
      });
      try {
        scratch.delete(segment);
      } catch (ScratchException e) {
        state.fail(TransferFaults.of(e));
      }
    }
  }

  @Override
  public void giveBack(long bytes) {
    if (givingBack.compareAndSet(false, true)) {
      threads.start(() -> {
        try {
          giveBackNow(bytes);
        } finally {
          givingBack.set(false);
        }
      });
    }
  }

  private void giveBackNow(long bytes) {
    List<Integer> gone = List.of();
    Optional<Torrent> swarm;
    state.lock.lock();
    try {
      SegmentRetention kept = retention;
      if (kept != null && !state.closing) {
        gone = offTheBooks(kept.take(bytes));
      }
      swarm = torrent.get();
    } finally {
      state.lock.unlock();
    }
    drop(gone, swarm);
    try {
      scratch.dropSpare();
    } catch (ScratchException e) {
      state.fail(TransferFaults.of(e));
    }
  }

  @Override
  public void roomMade() {
    Optional<Torrent> swarm;
    state.lock.lock();
    try {
      swarm = torrent.get();
    } finally {
      state.lock.unlock();
    }
    swarm.ifPresent(Torrent::roomMade);
  }
}
