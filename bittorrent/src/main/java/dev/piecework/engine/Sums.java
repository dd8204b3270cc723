package dev.piecework.engine;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What an engine's torrents have done, summed up over their lives. Torrents add what is new. */
final class Sums {
  private final LongAdder receivedBytes = new LongAdder();
  private final LongAdder wastedBytes = new LongAdder();
  private final LongAdder sentBytes = new LongAdder();
  private final LongAdder verifiedPieces = new LongAdder();
  private final LongAdder failedPieces = new LongAdder();
  private final LongAdder misbehavedPeers = new LongAdder();
  private final Map<CloseReason, LongAdder> closed = new ConcurrentHashMap<>();

  /** A connection has ended; from any thread. */
  void closed(CloseReason reason) {
    closed.computeIfAbsent(reason, _ -> new LongAdder()).increment();
  }

  /** Connections that have ended, by why. */
  Map<CloseReason, Long> closed() {
    Map<CloseReason, Long> counts = new EnumMap<>(CloseReason.class);
    for (CloseReason reason : CloseReason.values()) {
      counts.put(reason, closed.getOrDefault(reason, new LongAdder()).sum());
    }
    return counts;
  }

  /** One torrent's figures since it was added. */
  record Figures(
      long receivedBytes,
      long wastedBytes,
      long sentBytes,
      long verifiedPieces,
      long failedPieces,
      long misbehavedPeers) {
    static final Figures NONE = new Figures(0, 0, 0, 0, 0, 0);
  }

  void add(Figures before, Figures now) {
    receivedBytes.add(now.receivedBytes() - before.receivedBytes());
    wastedBytes.add(now.wastedBytes() - before.wastedBytes());
    sentBytes.add(now.sentBytes() - before.sentBytes());
    verifiedPieces.add(now.verifiedPieces() - before.verifiedPieces());
    failedPieces.add(now.failedPieces() - before.failedPieces());
    misbehavedPeers.add(now.misbehavedPeers() - before.misbehavedPeers());
  }

  Figures all() {
    return new Figures(
        receivedBytes.sum(),
        wastedBytes.sum(),
        sentBytes.sum(),
        verifiedPieces.sum(),
        failedPieces.sum(),
        misbehavedPeers.sum());
  }
}
