package dev.piecework.engine;

import dev.piecework.swarm.Referrer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A torrent of the engine, as its user sees it. */
record SwarmTorrent(Swarm swarm) implements Torrent {
  @Override
  public void bundleDone(int bundle) {
    swarm.bundleDone(bundle);
  }

  @Override
  public void forget(int piece) {
    swarm.forget(piece);
  }

  @Override
  public void roomMade() {
    swarm.roomMade();
  }

  @Override
  public void addPeers(List<InetSocketAddress> peers) {
    swarm.addPeers(List.copyOf(peers), Referrer.GIVEN);
  }

  @Override
  public TorrentStats stats() {
    return swarm.meter().stats();
  }

  @Override
  public CompletableFuture<Void> stop() {
    return swarm.life().stop();
  }
}
