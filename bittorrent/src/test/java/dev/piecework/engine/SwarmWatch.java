package dev.piecework.engine;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at what an engine holds for the peers of one torrent, every few milliseconds, on the
 * torrent's loop, one look at a time. Counts are largest values seen.
 */
final class SwarmWatch implements AutoCloseable {
  private static final long BETWEEN_NANOS = 2_000_000L;

  private final SwarmEngine engine;
  private final Swarm swarm;
  private final EventLoop loop;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean looking;

  // Written on the loop.
  private volatile long heldByOne;
  private volatile long heldByAll;
  private volatile int peers;
  private volatile int tasks;
  private volatile long lagNanos;
  private volatile long cpuFromNanos = -1;
  private volatile long cpuNanos;
  private volatile long pieceBytes;
  private volatile int handshakes;
  private volatile long uploadSteps;
  private volatile long steps;

  SwarmWatch(SwarmEngine engine, Torrent torrent) {
    this.engine = engine;
    this.swarm = ((SwarmTorrent) torrent).swarm();
    this.loop = swarm.loop();
    this.thread = Thread.ofVirtual().start(this::watch);
  }

  private void watch() {
    while (!closed && !loop.isShuttingDown()) {
      if (!looking) {
        looking = true;
        long asked = System.nanoTime();
        loop.execute(() -> look(asked));
      }
      LockSupport.parkNanos(BETWEEN_NANOS);
    }
  }

  private void look(long askedNanos) {
    lagNanos = Math.max(lagNanos, System.nanoTime() - askedNanos);
    long all = 0;
    for (PeerLink link : swarm.connections().links()) {
      ChannelOutboundBuffer pending = link.channel().unsafe().outboundBuffer();
      long held = link.outbox().bytes() + (pending == null ? 0 : pending.totalPendingWriteBytes());
      heldByOne = Math.max(heldByOne, held);
      all += held;
      uploadSteps = Math.max(uploadSteps, link.uploads().steps());
    }
    steps = swarm.download().steps() + uploadSteps;
    heldByAll = Math.max(heldByAll, all);
    peers = Math.max(peers, swarm.connections().links().size());
    tasks = Math.max(tasks, ((SingleThreadEventExecutor) loop).pendingTasks());
    pieceBytes = Math.max(pieceBytes, engine.buffers().usedBytes());
    handshakes = Math.max(handshakes, engine.stats().handshakes());
    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    if (cpuFromNanos < 0) {
      cpuFromNanos = cpu;
    }
    cpuNanos = cpu - cpuFromNanos;
    looking = false;
  }

  /** Bytes of messages and blocks that one peer did not take yet. */
  long heldByOne() {
    return heldByOne;
  }

  /** The same of all peers together. */
  long heldByAll() {
    return heldByAll;
  }

  /** Peers connected. */
  int peers() {
    return peers;
  }

  /** Tasks that wait on the torrent's loop. */
  int tasks() {
    return tasks;
  }

  /** Bytes of pieces being assembled or hashed. */
  long pieceBytes() {
    return pieceBytes;
  }

  /** Pieces walked over, and of the peer that cost most, requests. */
  long steps() {
    return steps;
  }

  /** Incoming connections whose handshake has not come. */
  int handshakes() {
    return handshakes;
  }

  /** For people: a task's longest wait on the loop, and the processor time that the loop took. */
  String times(long acts) {
    return "lag %.0f ms, loop %.0f ms of CPU, %.1f us per hostile act"
        .formatted(lagNanos / 1e6, cpuNanos / 1e6, cpuNanos / 1e3 / Math.max(1, acts));
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
