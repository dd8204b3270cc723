package dev.piecework.engine;

import dev.piecework.swarm.Download;
import dev.piecework.tracker.Totals;
import java.util.List;

/** Counts what a torrent does, and publishes it for other threads. */
final class Meter {
  private final Swarm swarm;
  private final Sums sums;
  private final Rate downloadRate;
  private final Rate uploadRate;
  private int verifiedPieces;
  private int failedPieces;
  private long sentBytes;
  private long misbehaved;
  private Sums.Figures summed = Sums.Figures.NONE;
  private volatile long leftBytes;
  private volatile PeerCounts peers = new PeerCounts();
  private volatile TorrentStats published =
      new TorrentStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of());

  Meter(Swarm swarm, Sums sums, long nowNanos) {
    this.swarm = swarm;
    this.sums = sums;
    this.downloadRate = new Rate(nowNanos);
    this.uploadRate = new Rate(nowNanos);
  }

  void verified() {
    verifiedPieces++;
  }

  void failed() {
    failedPieces++;
  }

  void sent(int bytes) {
    sentBytes += bytes;
  }

  void misbehaved() {
    misbehaved++;
  }

  /** Peers dropped because they broke the protocol. */
  long misbehavedPeers() {
    return misbehaved;
  }

  /** What trackers are told; from any thread. */
  Totals totals() {
    TorrentStats last = published;
    return new Totals(last.sentBytes(), last.receivedBytes(), leftBytes);
  }

  void publish(long nowNanos) {
    leftBytes = swarm.leftBytes();
    Download download = swarm.download();
    downloadRate.update(download.receivedBytes(), nowNanos);
    uploadRate.update(sentBytes, nowNanos);
    Sums.Figures figures =
        new Sums.Figures(
            download.receivedBytes(),
            download.wastedBytes(),
            sentBytes,
            verifiedPieces,
            failedPieces,
            misbehaved);
    sums.add(summed, figures);
    summed = figures;
    Connections connections = swarm.connections();
    peers = connections.count();
    published =
        new TorrentStats(
            download.receivedBytes(),
            download.wastedBytes(),
            sentBytes,
            verifiedPieces,
            failedPieces,
            downloadRate.bytesPerSecond(),
            uploadRate.bytesPerSecond(),
            connections.links().size(),
            peers.of(PeerState.SEEDER),
            connections.connecting(),
            connections.known(),
            List.of());
  }

  /** The last count of peers; from any thread. */
  PeerCounts peers() {
    return peers;
  }

  /** The last figures, with trackers as they are now; from any thread. */
  TorrentStats stats() {
    TorrentStats last = published;
    return new TorrentStats(
        last.receivedBytes(),
        last.wastedBytes(),
        last.sentBytes(),
        last.verifiedPieces(),
        last.failedPieces(),
        last.downloadBytesPerSecond(),
        last.uploadBytesPerSecond(),
        last.peers(),
        last.seeders(),
        last.connecting(),
        last.knownPeers(),
        swarm.announcing().states());
  }
}
