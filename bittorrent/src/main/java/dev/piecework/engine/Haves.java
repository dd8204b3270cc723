package dev.piecework.engine;

import dev.piecework.swarm.PieceSet;
import dev.piecework.wire.MessageWriter;
import java.util.Arrays;

/**
 * Pieces in the order they were verified, and how peers are told: each peer only remembers how far
 * it has been told. So one that does not read costs a number, not the messages.
 */
final class Haves {
  private final PieceSet have;
  private int[] pieces = new int[64];
  private int size;

  /**
   * @param have what is there now: a piece that is not kept any more is not told
   */
  Haves(PieceSet have) {
    this.have = have;
  }

  /** How many there are: where a newcomer, who is told all at once, begins. */
  int size() {
    return size;
  }

  void verified(int piece) {
    if (size == pieces.length) {
      pieces = Arrays.copyOf(pieces, size * 2);
    }
    pieces[size++] = piece;
  }

  /** Tells a peer what it does not know yet, as much as it takes. */
  void tell(PeerLink link) {
    int told = link.havesTold();
    while (told < size && !link.outbox().full()) {
      int piece = pieces[told++];
      if (have.has(piece) && !link.source().pieces().has(piece)) {
        MessageWriter.have(link.outbox().buffer(), piece);
      }
    }
    link.havesTold(told);
  }
}
