package dev.piecework.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A torrent's dealings with its trackers. Whatever goes wrong there never stops the torrent. */
final class Announcing {
  private final Swarm swarm;

  Announcing(Swarm swarm, EngineParts parts) {
    this.swarm = swarm;
  }

  void start() {
    if (swarm.stopping()) {
      return;
    }
  }

  void completed() {}

  List<TorrentStats.TrackerState> states() {
    return List.of();
  }

  CompletableFuture<Void> stop() {
    return CompletableFuture.completedFuture(null);
  }
}
