package dev.piecework.engine;

import dev.piecework.net.Transports;
import dev.piecework.swarm.PieceBuffers;
import dev.piecework.swarm.Reputation;
import dev.piecework.tracker.Trackers;
import java.util.concurrent.Executor;

/** What the torrents of an engine share. */
interface EngineParts {
  EngineSettings settings();

  /** How sockets are driven. */
  Transports transport();

  /** Where hashing and storage happen. */
  Executor pool();

  PieceBuffers buffers();

  Trackers trackers();

  ConnectionLimits limits();

  /** Whom not to deal with. */
  Reputation reputation();

  /** Where torrents add what they have done. */
  Sums sums();

  int listenPort();

  /** Nothing of this torrent is left; on its loop. */
  void removed(Swarm swarm);
}
