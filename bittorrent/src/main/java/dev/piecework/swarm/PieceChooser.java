package dev.piecework.swarm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the piece that a peer is asked for next: one that it works on alone, one that it can help
 * with, or a new one. Fast peers and slow ones keep apart as long as there is enough for both.
 */
final class PieceChooser {
  private static final long FAST_SECONDS_PER_PIECE = 10;

  /** The last rank of pieces that are gone on with before another is begun. */
  private static final int BEFORE_NEW = 2;

  private final int pieceLength;
  private final PiecePicker picker;
  private final Assemblies assemblies;
  private final Suspects suspects;
  private final WholePieces wholePieces;

  PieceChooser(
      int pieceLength,
      PiecePicker picker,
      Assemblies assemblies,
      Suspects suspects,
      WholePieces wholePieces) {
    this.pieceLength = pieceLength;
    this.picker = picker;
    this.assemblies = assemblies;
    this.suspects = suspects;
    this.wholePieces = wholePieces;
  }

  /** A piece with a block to ask this peer for, if there is one; may begin it. */
  @Nullable PieceAssembly choose(Source source, long nowNanos) {
    // A peer that chokes us answers for what it allows fast (BEP 6), and for nothing else.
    PieceSet askable = source.askable();
    if (askable.count() == 0) {
      return null;
    }
    source.fast = source.window.bytesPerSecond(nowNanos) * FAST_SECONDS_PER_PIECE >= pieceLength;
    PieceAssembly best = null;
    int bestRank = Integer.MAX_VALUE;
    List<PieceAssembly> withFree = assemblies.withFree();
    for (int i = 0; i < withFree.size(); i++) {
      PieceAssembly each = withFree.get(i);
      int rank = rank(each, source);
      if (rank < bestRank && askable.has(each.piece())) {
        best = each;
        bestRank = rank;
      }
    }
    if (best == null || bestRank > BEFORE_NEW) {
      PieceAssembly begun = begin(source, askable, nowNanos);
      return begun != null ? begun : best;
    }
    if (best.owner() == null) {
      best.own(source, !source.fast);
    }
    return best;
  }

  /** Which piece in work to help with first; MAX_VALUE for one that is another's alone. */
  private static int rank(PieceAssembly assembly, Source source) {
    if (assembly.owner() == source) {
      return 0;
    }
    if (assembly.exclusive() || source.suspect) {
      return Integer.MAX_VALUE;
    }
    if (assembly.owner() == null) {
      return 1;
    }
    if (assembly.slow()) {
      return source.fast ? BEFORE_NEW + 1 : BEFORE_NEW;
    }
    return source.fast ? BEFORE_NEW + 2 : BEFORE_NEW + 3;
  }

  private @Nullable PieceAssembly begin(Source source, PieceSet askable, long nowNanos) {
    if (source.starvedVersion == picker.version()) {
      return null;
    }
    int piece = picker.pick(askable);
    if (piece < 0) {
      source.starvedVersion = picker.version();
      return null;
    }
    if (suspects.failed(piece) && !wholePieces.mayBegin(piece, source, nowNanos)) {
      return null;
    }
    PieceAssembly begun = assemblies.begin(piece, source, suspects.exclusive(piece, source));
    if (begun != null) {
      picker.began(piece);
    }
    return begun;
  }
}
