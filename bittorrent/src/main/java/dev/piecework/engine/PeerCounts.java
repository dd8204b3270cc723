package dev.piecework.engine;

import dev.piecework.swarm.PeerOrigin;
import java.util.HashMap;
import java.util.Map;

/** Peers by origin and state. Counted up by one thread, then only read. */
public final class PeerCounts {
  private final Map<Kind, Integer> counts = new HashMap<>();

  private record Kind(PeerOrigin origin, PeerState state) {}

  /** How many there are. */
  public int of(PeerOrigin origin, PeerState state) {
    return counts.getOrDefault(new Kind(origin, state), 0);
  }

  /** How many there are, of whatever origin. */
  public int of(PeerState state) {
    int sum = 0;
    for (PeerOrigin origin : PeerOrigin.values()) {
      sum += of(origin, state);
    }
    return sum;
  }

  void add(PeerOrigin origin, PeerState state) {
    counts.merge(new Kind(origin, state), 1, Integer::sum);
  }

  void add(PeerCounts others) {
    others.counts.forEach((kind, count) -> counts.merge(kind, count, Integer::sum));
  }
}
