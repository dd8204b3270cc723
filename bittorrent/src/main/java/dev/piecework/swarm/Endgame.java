package dev.piecework.swarm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds a block that is worth asking for twice. When all that is left is in work, that is any block
 * which only one peer was asked for. Before that, it is a block that holds up the window: one whose
 * peer has kept it for seconds, or is much slower than the idle one. Oldest pieces first.
 */
final class Endgame {
  /** Blocks one idle peer asks for again at a time. */
  static final int MOST_AT_ONCE = 16;

  private static final int MOST_ASKED_LAST = 3;
  private static final int MOST_ASKED_BEFORE = 2;
  private static final long OVERDUE_NANOS = 2_000_000_000L;
  private static final long SLOW_NANOS = 500_000_000L;
  private static final int MUCH_SLOWER = 4;

  private final List<PieceAssembly> active;
  private @Nullable PieceAssembly assembly;
  private int block;

  /**
   * @param active pieces in work, oldest first
   */
  Endgame(List<PieceAssembly> active) {
    this.active = active;
  }

  /** Looks for a block; {@link #assembly} and {@link #block} say which. */
  boolean find(Source source, boolean lastPieces, long nowNanos) {
    for (int i = 0; i < active.size(); i++) {
      PieceAssembly each = active.get(i);
      if (each.exclusive() || !source.pieces.has(each.piece())) {
        continue;
      }
      for (int candidate = 0; candidate < each.blocks(); candidate++) {
        if (worthAsking(each, candidate, source, lastPieces, nowNanos)) {
          assembly = each;
          block = candidate;
          return true;
        }
      }
    }
    return false;
  }

  private static boolean worthAsking(
      PieceAssembly each, int block, Source source, boolean lastPieces, long nowNanos) {
    byte state = each.state(block);
    Source holder = each.peer(block);
    if ((state != PieceAssembly.REQUESTED && state != PieceAssembly.RECEIVING)
        || holder == null
        || holder == source
        || each.requesters(block) >= (lastPieces ? MOST_ASKED_LAST : MOST_ASKED_BEFORE)
        || source.queue.find(each.piece(), block) >= 0) {
      return false;
    }
    long age = nowNanos - each.sinceNanos(block);
    return (lastPieces && state == PieceAssembly.REQUESTED)
        || age > OVERDUE_NANOS
        || (age > SLOW_NANOS
            && holder.window.bytesPerSecond(nowNanos) * MUCH_SLOWER
                < source.window.bytesPerSecond(nowNanos));
  }

  PieceAssembly assembly() {
    PieceAssembly found = assembly;
    if (found == null) {
      throw new IllegalStateException("nothing has been found");
    }
    return found;
  }

  int block() {
    return block;
  }
}
