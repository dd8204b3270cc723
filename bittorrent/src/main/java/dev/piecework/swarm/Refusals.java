package dev.piecework.swarm;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * What one peer refused although it does not choke us (BEP 6). A refused piece counts as one that
 * the peer does not have: asking again at once would go round in circles. But not for good: a peer
 * also refuses what is too much at once, or what its disk does not give it at that moment, and it
 * may be the only one that has the piece. So a piece is believed again after a second, and after
 * twice as long with each refusal of the same piece, up to a minute.
 *
 * <p>A peer that refuses many pieces in a row and sends nothing is not asked for anything for a
 * while, by the same measure: otherwise it would be asked for every piece of the torrent in turn.
 * The next block that it sends ends that. Bounded in pieces. Used by the torrent's owner thread
 * alone.
 */
final class Refusals {
  /** Most pieces remembered of one peer. */
  static final int MOST_PIECES = 256;

  /** Refused pieces in a row, without a block, after which the peer itself rests. */
  static final int MOST_IN_A_ROW = 64;

  private static final long FIRST_REST_NANOS = 1_000_000_000L;
  private static final int MOST_DOUBLINGS = 6;

  private final Map<Integer, Refusal> pieces = new LinkedHashMap<>();
  private int inARow;
  private boolean resting;
  private long restUntilNanos;

  private record Refusal(int times, boolean resting, long untilNanos) {}

  /**
   * The peer has refused a piece that it was taken to have.
   *
   * @return whether the piece rests; false when too many do: the peer counts as having it still
   */
  boolean refused(int piece, long nowNanos) {
    if (++inARow % MOST_IN_A_ROW == 0) {
      resting = true;
      restUntilNanos = nowNanos + rest(inARow / MOST_IN_A_ROW - 1);
    }
    if (pieces.size() >= MOST_PIECES && !pieces.containsKey(piece)) {
      pieces.values().removeIf(each -> !each.resting);
      if (pieces.size() >= MOST_PIECES) {
        return false;
      }
    }
    Refusal before = pieces.get(piece);
    int times = before == null ? 0 : before.times;
    pieces.put(piece, new Refusal(times + 1, true, nowNanos + rest(times)));
    return true;
  }

  private static long rest(int doublings) {
    return FIRST_REST_NANOS << Math.min(doublings, MOST_DOUBLINGS);
  }

  /** Whether the peer is not to be asked for anything yet. */
  boolean resting(long nowNanos) {
    if (resting && nowNanos - restUntilNanos >= 0) {
      resting = false;
    }
    return resting;
  }

  /** The peer has sent a block that it was asked for. */
  void served(int piece) {
    inARow = 0;
    resting = false;
    if (!pieces.isEmpty()) {
      Refusal refusal = pieces.get(piece);
      if (refusal != null && !refusal.resting) {
        pieces.remove(piece);
      }
    }
  }

  /** The peer has said itself that it does not have a piece. */
  void denied(int piece) {
    pieces.remove(piece);
  }

  /** Pieces remembered. */
  int size() {
    return pieces.size();
  }

  /**
   * To be called every half second or so.
   *
   * @param believed told of each piece that the peer is taken to have again
   */
  void tick(long nowNanos, IntConsumer believed) {
    for (Map.Entry<Integer, Refusal> each : pieces.entrySet()) {
      Refusal refusal = each.getValue();
      if (refusal.resting && nowNanos - refusal.untilNanos >= 0) {
        each.setValue(new Refusal(refusal.times, false, refusal.untilNanos));
        believed.accept(each.getKey());
      }
    }
  }
}
