package dev.piecework.swarm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds a block that is worth asking for twice. When all that is left is in work, an idle peer
 * takes over what would come last of whoever needs longest, as long as it would bring it in half
 * that time: a block that both bring at about the same moment is fetched in vain. In any case, and
 * before the end too, it takes what holds up the window: a block whose peer has kept it for
 * seconds, or is much slower than the idle one. Of those, the oldest pieces first.
 */
final class Endgame {
  /** Blocks one idle peer asks for again at a time. */
  static final int MOST_AT_ONCE = 16;

  private static final int MOST_ASKED_LAST = 3;
  private static final int MOST_ASKED_BEFORE = 2;
  private static final long OVERDUE_NANOS = 2_000_000_000L;

  /** How long a block may take before a much faster peer is asked for it as well. */
  static final long SLOW_NANOS = 500_000_000L;

  private static final int MUCH_SLOWER = 4;
  private static final int SOONER = 2;

  /** What an idle peer is taken to bring of which we do not know better, in bytes per second. */
  private static final long ASSUMED_RATE = 64 << 10;

  private final List<PieceAssembly> active;
  private final List<Source> sources;
  private @Nullable PieceAssembly assembly;
  private int block;

  /**
   * @param active pieces in work, oldest first
   * @param sources connected peers
   */
  Endgame(List<PieceAssembly> active, List<Source> sources) {
    this.active = active;
    this.sources = sources;
  }

  /** Looks for a block; {@link #assembly} and {@link #block} say which. */
  boolean find(Source source, boolean lastPieces, long nowNanos) {
    return (lastPieces && takeOver(source, nowNanos)) || findOverdue(source, lastPieces, nowNanos);
  }

  /** Peers answer in order: how long a block takes is its place in the peer's queue. */
  private boolean takeOver(Source source, long nowNanos) {
    long ours = Math.max(source.window.bytesPerSecond(nowNanos), ASSUMED_RATE);
    double latest = SOONER * (source.queue.size() + 1.0) / ours;
    boolean found = false;
    for (int i = 0; i < sources.size(); i++) {
      Source holder = sources.get(i);
      double rate = Math.max(holder.window.bytesPerSecond(nowNanos), 1);
      for (int last = holder.queue.size() - 1;
          holder != source && last >= 0 && (last + 1) / rate > latest;
          last--) {
        PieceAssembly each = holder.queue.assembly(last);
        int candidate = holder.queue.block(last);
        if (each.state(candidate) == PieceAssembly.REQUESTED
            && mayAsk(each, candidate, source, MOST_ASKED_BEFORE)) {
          latest = (last + 1) / rate;
          assembly = each;
          block = candidate;
          found = true;
          break;
        }
      }
    }
    return found;
  }

  private boolean findOverdue(Source source, boolean lastPieces, long nowNanos) {
    int mostAsked = lastPieces ? MOST_ASKED_LAST : MOST_ASKED_BEFORE;
    for (int i = 0; i < active.size(); i++) {
      PieceAssembly each = active.get(i);
      for (int candidate = 0; candidate < each.blocks(); candidate++) {
        if (overdue(each, candidate, source, nowNanos)
            && mayAsk(each, candidate, source, mostAsked)) {
          assembly = each;
          block = candidate;
          return true;
        }
      }
    }
    return false;
  }

  private static boolean overdue(PieceAssembly each, int block, Source source, long nowNanos) {
    byte state = each.state(block);
    Source holder = each.peer(block);
    if ((state != PieceAssembly.REQUESTED && state != PieceAssembly.RECEIVING) || holder == null) {
      return false;
    }
    long age = nowNanos - each.sinceNanos(block);
    return age > OVERDUE_NANOS
        || (age > SLOW_NANOS
            && holder.window.bytesPerSecond(nowNanos) * MUCH_SLOWER
                < source.window.bytesPerSecond(nowNanos));
  }

  private static boolean mayAsk(PieceAssembly each, int block, Source source, int mostAsked) {
    return !each.exclusive()
        && source.pieces.has(each.piece())
        && each.peer(block) != source
        && each.requesters(block) < mostAsked
        && source.queue.find(each.piece(), block) < 0;
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
