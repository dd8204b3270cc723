package dev.piecework.swarm;

import java.util.ArrayList;
import java.util.List;

/**
 * Pieces that a peer refused although it does not choke us (BEP 6). It counts as not having them:
 * asking again at once would go round in circles. But not for good: a peer also refuses what is too
 * much at once, or what its disk does not give it at that moment, and it may be the only one that
 * has the piece. So it is believed again after two seconds, and after twice as long with each
 * refusal, up to nine minutes. Used by the torrent's owner thread alone.
 */
final class Refusals {
  private static final long FIRST_REST_NANOS = 2_000_000_000L;
  private static final int MOST_DOUBLINGS = 8;

  private final List<Refusal> resting = new ArrayList<>();

  private record Refusal(Source source, int piece, long sinceNanos, long restNanos) {}

  /** A peer has refused a piece that it was taken to have. */
  void refused(Source source, int piece, long nowNanos) {
    long rest = FIRST_REST_NANOS << Math.min(source.refusals++, MOST_DOUBLINGS);
    resting.add(new Refusal(source, piece, nowNanos, rest));
  }

  /** A peer has said itself that it does not have a piece. */
  void denied(Source source, int piece) {
    resting.removeIf(each -> each.source == source && each.piece == piece);
  }

  /** A peer is gone. */
  void left(Source source) {
    resting.removeIf(each -> each.source == source);
  }

  /** What is believed again. */
  interface Believed {
    void accept(Source source, int piece);
  }

  /** To be called every half second or so. */
  void tick(long nowNanos, Believed believed) {
    for (int i = resting.size() - 1; i >= 0; i--) {
      Refusal each = resting.get(i);
      if (nowNanos - each.sinceNanos >= each.restNanos) {
        resting.remove(i);
        believed.accept(each.source, each.piece);
      }
    }
  }
}
