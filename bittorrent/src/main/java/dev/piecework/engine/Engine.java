package dev.piecework.engine;

import dev.piecework.net.HostLookup;
import java.util.List;
import java.util.concurrent.Executor;

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
    return start(settings, HostLookup.system());
  }

  /**
   * Starts an engine that looks names up together with others.
   *
   * @param names stays the caller's
   * @throws IllegalStateException when it cannot listen; says where and why
   */
  static Engine start(EngineSettings settings, HostLookup names) {
    return new SwarmEngine(settings, names);
  }

  /** Looks up the hosts of trackers, and of peers that are given by name. */
  default HostLookup names() {
    return HostLookup.system();
  }

  /**
   * Starts a torrent. Another of the same info-hash may be at work already, with a storage of its
   * own; then they are two peers of the swarm, and of each other.
   *
   * @throws PieceTooLongException when its pieces do not fit into the memory for pieces
   * @throws IllegalStateException when the engine is closed
   */
  Torrent add(TorrentRequest request);

  /** The TCP port that peers reach us on. */
  int listenPort();

  /** How it stands; from any thread. */
  EngineStats stats();

  /**
   * Its event loops, so that it can be watched whether they turn. What is given to them must return
   * at once.
   */
  List<Executor> eventLoops();

  /** Stops every torrent and releases every thread, socket and buffer; blocks, 10 s at most. */
  @Override
  void close();
}
