package dev.piecework.swarm;

/**
 * How many connected peers have each piece. A peer that has everything is counted once, not once
 * per piece. Used by the torrent's owner thread alone.
 */
public final class Availability {
  private final short[] counts;
  private int everywhere;
  private long steps;

  /**
   * @param pieces pieces of the torrent
   */
  public Availability(int pieces) {
    counts = new short[pieces];
  }

  /** Connected peers that have a piece. */
  public int of(int piece) {
    return everywhere + counts[piece];
  }

  /** Counts a peer. */
  public void add(PieceSet pieces) {
    if (pieces.implicit()) {
      everywhere++;
      return;
    }
    steps += counts.length;
    for (int piece = pieces.next(0); piece >= 0; piece = pieces.next(piece + 1)) {
      counts[piece]++;
    }
  }

  /** No longer counts a peer. */
  public void remove(PieceSet pieces) {
    if (pieces.implicit()) {
      everywhere--;
      return;
    }
    steps += counts.length;
    for (int piece = pieces.next(0); piece >= 0; piece = pieces.next(piece + 1)) {
      counts[piece]--;
    }
  }

  /** Pieces walked over so far: the measure of what messages cost. */
  long steps() {
    return steps;
  }

  /** A counted peer has got a piece, which has just been added to its set. */
  public void gained(int piece) {
    counts[piece]++;
  }

  /** A counted peer loses a piece: takes it out of its set. */
  public void lose(PieceSet pieces, int piece) {
    boolean wasImplicit = pieces.implicit();
    if (!pieces.remove(piece)) {
      return;
    }
    if (wasImplicit) {
      everywhere--;
      add(pieces);
    } else {
      counts[piece]--;
    }
  }
}
