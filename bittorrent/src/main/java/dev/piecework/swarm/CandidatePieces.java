package dev.piecework.swarm;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * Missing pieces of the open bundles, the rarest first, equally rare ones shuffled. Pieces leave by
 * no longer being missing: their entries are skipped, and dropped when it is sorted next. Used by
 * the torrent's owner thread alone.
 */
final class CandidatePieces {
  private final IntPredicate missing;
  private final Availability availability;
  private final RandomGenerator random;
  private long[] candidates = new long[64];
  private int from;
  private int end;
  private boolean stale;
  private long steps;

  /**
   * @param missing whether a piece is to be downloaded and has not been begun
   * @param availability who has what
   * @param random breaks ties
   */
  CandidatePieces(IntPredicate missing, Availability availability, RandomGenerator random) {
    this.missing = missing;
    this.availability = availability;
    this.random = random;
  }

  /** Pieces walked over so far. */
  long steps() {
    return steps;
  }

  /** The next search sorts anew. */
  void rarityChanged() {
    stale = true;
  }

  /** A piece of an open bundle is missing. */
  void add(int piece) {
    if (end == candidates.length) {
      int live = end - from;
      long[] target = live > candidates.length / 2 ? new long[candidates.length * 2] : candidates;
      System.arraycopy(candidates, from, target, 0, live);
      candidates = target;
      from = 0;
      end = live;
    }
    candidates[end++] = piece;
    stale = true;
  }

  /** The rarest that this peer has, or -1. */
  int rarestOf(PieceSet peer) {
    if (stale) {
      sort();
    }
    while (from < end && !missing.test((int) candidates[from])) {
      from++;
    }
    for (int i = from; i < end; i++) {
      steps++;
      int piece = (int) candidates[i];
      if (missing.test(piece) && peer.has(piece)) {
        return piece;
      }
    }
    return -1;
  }

  /** Sorts by copies, then at random, and drops what is no longer missing or is there twice. */
  private void sort() {
    steps += end - from;
    int kept = 0;
    for (int i = from; i < end; i++) {
      int piece = (int) candidates[i];
      if (missing.test(piece)) {
        candidates[kept++] = piece;
      }
    }
    Arrays.sort(candidates, 0, kept);
    int distinct = 0;
    for (int i = 0; i < kept; i++) {
      int piece = (int) candidates[i];
      if (i == 0 || piece != (int) candidates[distinct - 1]) {
        long copies = Math.min(availability.of(piece), Short.MAX_VALUE);
        candidates[distinct++] = copies << 48 | (long) random.nextInt(1 << 16) << 32 | piece;
      }
    }
    Arrays.sort(candidates, 0, distinct);
    from = 0;
    end = distinct;
    stale = false;
  }
}
