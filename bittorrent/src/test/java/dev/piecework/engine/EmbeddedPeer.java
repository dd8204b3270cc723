package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.net.Transports;
import dev.piecework.swarm.PieceBuffers;
import dev.piecework.swarm.Reputation;
import dev.piecework.tracker.Trackers;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.PeerId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A torrent with one peer that has no socket: what the peer sends is handled on the test's thread,
 * by a real {@link PeerLink}, and the test says whether the peer takes what is sent to it.
 */
final class EmbeddedPeer implements AutoCloseable {
  private static final int PORTION = 64 << 10;

  private final SwarmEngine engine = new SwarmEngine(EngineSettings.defaults());
  private final Deque<Runnable> pool = new ArrayDeque<>();
  private final Wire wire = new Wire();
  final Swarm swarm;
  final PeerLink link;

  /** A socket that takes all, or nothing. */
  private static final class Wire extends EmbeddedChannel {
    private static final InetSocketAddress REMOTE = new InetSocketAddress("192.0.2.7", 6881);
    private boolean takes = true;
    private long takenBytes;

    @Override
    protected SocketAddress remoteAddress0() {
      return REMOTE;
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
      if (!takes) {
        return;
      }
      super.doWrite(in);
      for (ByteBuf each = readOutbound(); each != null; each = readOutbound()) {
        takenBytes += each.readableBytes();
        each.release();
      }
    }

    long pendingBytes() {
      ChannelOutboundBuffer pending = unsafe().outboundBuffer();
      return pending == null ? 0 : pending.totalPendingWriteBytes();
    }
  }

  /** What an engine has, but that its pool is the test's thread too. */
  private final class Parts implements EngineParts {
    @Override
    public EngineSettings settings() {
      return engine.settings();
    }

    @Override
    public Transports transport() {
      return engine.transport();
    }

    @Override
    public Executor pool() {
      return pool::add;
    }

    @Override
    public PieceBuffers buffers() {
      return engine.buffers();
    }

    @Override
    public Trackers trackers() {
      return engine.trackers();
    }

    @Override
    public ConnectionLimits limits() {
      return engine.limits();
    }

    @Override
    public Reputation reputation() {
      return engine.reputation();
    }

    @Override
    public Sums sums() {
      return engine.sums();
    }

    @Override
    public int listenPort() {
      return engine.listenPort();
    }

    @Override
    public void removed(Swarm swarm) {
      engine.removed(swarm);
    }
  }

  /**
   * @param request what the torrent is to do
   * @param fast whether the peer speaks the Fast extension (BEP 6)
   */
  EmbeddedPeer(TorrentRequest request, boolean fast) {
    Metainfo metainfo = request.metainfo();
    swarm = new Swarm(new Parts(), request, wire.eventLoop());
    swarm.start();
    wire.runPendingTasks();
    Handshake handshake =
        new Handshake(fast, true, metainfo.infoHash(), PeerId.random(new Random(5)));
    swarm.connections().accepted(wire, handshake, Unpooled.EMPTY_BUFFER);
    link = swarm.connections().links().getFirst();
    wire.runPendingTasks();
  }

  /** From now on the peer takes nothing that is sent to it. */
  void takesNothing() {
    wire.takes = false;
  }

  /** Bytes that the peer has taken. */
  long takenBytes() {
    return wire.takenBytes;
  }

  /** Bytes of messages and blocks kept for the peer. */
  long heldBytes() {
    return wire.pendingBytes() + link.outbox().bytes();
  }

  /** Whether the peer's socket is read. */
  boolean reading() {
    return !link.closed() && wire.config().isAutoRead();
  }

  /**
   * The peer sends, in portions as a socket gives them, as long as it is read.
   *
   * @param bytes left where reading stopped
   */
  void send(ByteBuf bytes) {
    while (bytes.isReadable() && reading()) {
      wire.writeInbound(bytes.readRetainedSlice(Math.min(PORTION, bytes.readableBytes())));
      work();
    }
  }

  private void work() {
    wire.runPendingTasks();
    while (!pool.isEmpty()) {
      pool.removeFirst().run();
      wire.runPendingTasks();
    }
  }

  /** What the torrent does on its own, at a time that the test says. */
  void tick(long nowNanos) {
    link.tick(nowNanos);
    work();
  }

  /** Pieces and requests walked over so far. */
  long steps() {
    return swarm.download().steps() + link.uploads().steps();
  }

  @Override
  public void close() {
    CompletableFuture<Void> stopped = swarm.life().stop();
    work();
    wire.finishAndReleaseAll();
    work();
    engine.close();
    assertThat(stopped).isDone();
  }
}
