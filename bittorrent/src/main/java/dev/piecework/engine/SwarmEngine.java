package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.net.Transports;
import dev.piecework.swarm.PieceBuffers;
import dev.piecework.tracker.TrackerLimits;
import dev.piecework.tracker.Trackers;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.PeerId;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine: threads, the listening socket, and which torrent an incoming connection is for. */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class SwarmEngine implements Engine, EngineParts {
  private static final Logger LOG = LoggerFactory.getLogger(SwarmEngine.class);
  private static final long CLOSE_SECONDS = 8;

  private final EngineSettings settings;
  private final Transports transport;
  private final EventLoopGroup loops;
  private final ExecutorService pool;
  private final PieceBuffers buffers;
  private final Trackers trackers;
  private final ConnectionLimits limits;
  private final PeerId peerId = PeerId.random(new SecureRandom());
  private final Map<InfoHash, Swarm> swarms = new ConcurrentHashMap<>();
  private final Channel listener;
  private volatile boolean closed;

  SwarmEngine(EngineSettings settings) {
    this(settings, Transports.best());
  }

  SwarmEngine(EngineSettings settings, Transports transport) {
    this.settings = settings;
    this.transport = transport;
    this.loops = transport.eventLoops(settings.eventLoopThreads(), "piecework-peers");
    this.pool =
        Executors.newFixedThreadPool(
            settings.hashThreads(),
            Thread.ofPlatform().name("piecework-pieces-", 0).daemon().factory());
    this.trackers =
        new Trackers(loops, transport, settings.addressPolicy(), TrackerLimits.defaults());
    this.buffers = new PieceBuffers(settings.pieceBufferBytes());
    this.limits = new ConnectionLimits(settings.maxConnections(), settings.connectionsPerSecond());
    this.listener = listen();
    LOG.info("Engine: listening on {} by {}", listener.localAddress(), transport.setting());
  }

  private Channel listen() {
    InetSocketAddress address =
        settings
            .listenAddress()
            .map(each -> new InetSocketAddress(each, settings.listenPort()))
            .orElseGet(() -> new InetSocketAddress(settings.listenPort()));
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.serverChannel())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    try {
      return bootstrap.bind(address).syncUninterruptibly().channel();
    } catch (RuntimeException e) {
      shutDownThreads();
      throw new IllegalStateException(
          "cannot listen on %s for peers: %s; choose another port, or 0 for any"
              .formatted(address, e.getMessage()),
          e);
    }
  }

  private void accept(Channel channel) {
    if (closed || !limits.mayAccept()) {
      channel.close();
      return;
    }
    channel.closeFuture().addListener(done -> limits.closed());
    channel.attr(Connections.ACCEPTED_AT).set(System.nanoTime());
    Connections.configure(channel);
    channel
        .pipeline()
        .addLast(new HandshakeHandler(settings.handshakeTimeout().toMillis(), this::route));
  }

  /** Gives an incoming connection to its torrent, and moves it to that torrent's loop. */
  private void route(ChannelHandlerContext context, Handshake handshake, ByteBuf rest) {
    Channel channel = context.channel();
    Swarm swarm = swarms.get(handshake.infoHash());
    if (swarm == null) {
      LOG.debug("{}: closed: unknown torrent {}", channel, handshake.infoHash());
      rest.release();
      channel.close();
      return;
    }
    if (swarm.loop() == channel.eventLoop()) {
      swarm.connections().accepted(channel, handshake, rest);
      return;
    }
    channel
        .deregister()
        .addListener(left ->
            swarm
                .loop()
                .register(channel)
                .addListener(moved -> {
                  if (moved.isSuccess()) {
                    swarm.connections().accepted(channel, handshake, rest);
                  } else {
                    rest.release();
                    channel.close();
                  }
                }));
  }

  @Override
  public Torrent add(TorrentRequest request) {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    InfoHash infoHash = request.metainfo().infoHash();
    Swarm swarm =
        swarms.compute(
            infoHash,
            (hash, present) -> {
              if (present != null) {
                throw new IllegalStateException(
                    "torrent " + hash + " is already at work; stop it first");
              }
              return new Swarm(this, request, loops.next());
            });
    swarm.start();
    return new SwarmTorrent(swarm);
  }

  @Override
  public void removed(InfoHash infoHash) {
    swarms.remove(infoHash);
  }

  @Override
  public int listenPort() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @Override
  public EngineSettings settings() {
    return settings;
  }

  @Override
  public Transports transport() {
    return transport;
  }

  @Override
  public Executor pool() {
    return pool;
  }

  @Override
  public PieceBuffers buffers() {
    return buffers;
  }

  @Override
  public Trackers trackers() {
    return trackers;
  }

  @Override
  public ConnectionLimits limits() {
    return limits;
  }

  @Override
  public PeerId peerId() {
    return peerId;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    listener.close().syncUninterruptibly();
    CompletableFuture<Void> all =
        CompletableFuture.allOf(
            List.copyOf(swarms.values()).stream()
                .map(Swarm::stop)
                .toArray(CompletableFuture<?>[]::new));
    try {
      all.get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.warn("Engine: torrents did not stop within {} s", CLOSE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    shutDownThreads();
    swarms.values().forEach(Swarm::abandoned);
    buffers.close();
    LOG.info("Engine: closed");
  }

  private void shutDownThreads() {
    trackers.close();
    pool.shutdown();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    try {
      boolean poolEnded = pool.awaitTermination(1, TimeUnit.SECONDS);
      boolean loopsEnded = loops.awaitTermination(1, TimeUnit.SECONDS);
      if (!poolEnded || !loopsEnded) {
        LOG.warn("Engine: threads are still at work after closing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record SwarmTorrent(Swarm swarm) implements Torrent {
    @Override
    public void bundleDone(int bundle) {
      swarm.bundleDone(bundle);
    }

    @Override
    public void forget(int piece) {
      swarm.forget(piece);
    }

    @Override
    public void addPeers(List<InetSocketAddress> peers) {
      swarm.addPeers(List.copyOf(peers));
    }

    @Override
    public TorrentStats stats() {
      return swarm.meter().stats();
    }

    @Override
    public CompletableFuture<Void> stop() {
      return swarm.stop();
    }
  }
}
