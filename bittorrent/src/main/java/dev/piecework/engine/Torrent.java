package dev.piecework.engine;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A torrent at work in an engine. All methods may be called from any thread and do not block. */
public interface Torrent {
  /**
   * Says that a bundle is durable: it leaves the window, and another may be opened. Its pieces stay
   * advertised until {@link #forget}.
   */
  void bundleDone(int bundle);

  /** Says that storage no longer keeps a piece: it is not served any more. */
  void forget(int piece);

  /** Says that storage may have room now that it did not have. */
  default void roomMade() {}

  /** More addresses to try. */
  void addPeers(List<InetSocketAddress> peers);

  /** How it stands. Cheap: may be called several times a second. */
  TorrentStats stats();

  /**
   * Stops: closes every connection, announces {@code stopped} (5 s at most), releases buffers.
   * Completes when nothing of the torrent is left in the engine. Idempotent.
   */
  CompletableFuture<Void> stop();
}
