package dev.piecework.engine;

/**
 * The download engine of a process: one for all torrents, so that limits and threads are shared.
 */
public interface Engine extends AutoCloseable {
  /**
   * Starts an engine: its threads, and the socket for incoming peers.
   *
   * @throws IllegalStateException when it cannot listen; says where and why
   */
  static Engine start(EngineSettings settings) {
    return new SwarmEngine(settings);
  }

  /** Starts a torrent. Refuses (IllegalStateException) an info-hash that is already at work. */
  Torrent add(TorrentRequest request);

  /** The TCP port that peers reach us on. */
  int listenPort();

  /** Stops every torrent and releases every thread, socket and buffer; blocks, 10 s at most. */
  @Override
  void close();
}
