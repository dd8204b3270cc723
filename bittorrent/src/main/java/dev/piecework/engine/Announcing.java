package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.swarm.Referrer;
import dev.piecework.tracker.AnnounceSettings;
import dev.piecework.tracker.Announcer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/** A torrent's dealings with its trackers. Whatever goes wrong there never stops the torrent. */
final class Announcing {
  private static final int PEERS_WANTED = 200;

  /** Fewer connections than this, and nobody left to call: trackers are asked for more. */
  private static final int FEW_PEERS = 4;

  private static final long ASK_AGAIN_NANOS = 60_000_000_000L;

  private final Swarm swarm;
  private final EngineParts parts;
  private volatile Optional<Announcer> announcer = Optional.empty();
  private long askedAtNanos = System.nanoTime();

  Announcing(Swarm swarm, EngineParts parts) {
    this.swarm = swarm;
    this.parts = parts;
  }

  /** Announces for the first time; the torrent's figures must have been published. */
  void start() {
    Metainfo metainfo = swarm.metainfo();
    if (metainfo.trackers().isEmpty()) {
      return;
    }
    announcer =
        Optional.of(
            Announcer.start(
                new AnnounceSettings(
                    metainfo.infoHash(),
                    swarm.peerId().bytes(),
                    parts.listenPort(),
                    metainfo.trackers(),
                    PEERS_WANTED,
                    ThreadLocalRandom.current().nextInt(),
                    parts.settings().announcedAddress()),
                parts.trackers(),
                swarm.meter()::totals,
                (tracker, named) -> swarm.addPeers(named, Referrer.tracker(tracker))));
  }

  void completed() {
    announcer.ifPresent(Announcer::completed);
  }

  void tick(long nowNanos) {
    Connections connections = swarm.connections();
    if (announcer.isPresent()
        && !swarm.picker().finished()
        && connections.links().size() + connections.connecting() < FEW_PEERS
        && nowNanos - askedAtNanos > ASK_AGAIN_NANOS) {
      askedAtNanos = nowNanos;
      announcer.get().moreWanted();
    }
  }

  /** How each tracker last answered; from any thread. */
  List<TorrentStats.TrackerState> states() {
    return announcer.map(Announcer::states).orElse(List.of());
  }

  /** Says goodbye; completes when that is done or has taken too long. */
  CompletableFuture<Void> stop() {
    return announcer.map(Announcer::stop).orElseGet(() -> CompletableFuture.completedFuture(null));
  }
}
