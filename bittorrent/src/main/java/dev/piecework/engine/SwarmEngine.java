package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.net.ErrorHook;
import dev.piecework.net.HostLookup;
import dev.piecework.net.Transports;
import dev.piecework.swarm.PeerNetwork;
import dev.piecework.swarm.PieceBuffers;
import dev.piecework.swarm.Reputation;
import dev.piecework.tracker.TrackerLimits;
import dev.piecework.tracker.Trackers;
import dev.piecework.wire.Handshake;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine: threads, the listening socket, and which torrent an incoming connection is for. */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class SwarmEngine implements Engine, EngineParts {
  private static final Logger LOG = LoggerFactory.getLogger(SwarmEngine.class);
  private static final long CLOSE_SECONDS = 8;

  /** Some 150 bytes each. */
  private static final int CULPRITS_REMEMBERED = 4096;

  private final EngineSettings settings;
  private final Transports transport;
  private final EventLoopGroup loops;
  private final BlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>();
  private final ExecutorService pool;
  private final Sums sums = new Sums();
  private final PieceBuffers buffers;
  private final HostLookup names;
  private final ErrorHook errors;
  private final Trackers trackers;
  private final ConnectionLimits limits;
  private final Handshakes handshakes;
  private final Reputation reputation;

  /** By info-hash, the eldest first; that one gets the incoming connections. */
  private final Map<InfoHash, List<Swarm>> swarms = new ConcurrentHashMap<>();

  private final Channel listener;
  private volatile boolean closed;

  SwarmEngine(EngineSettings settings) {
    this(settings, Transports.best());
  }

  /**
   * @param names looks up the hosts of trackers; stays the caller's
   */
  SwarmEngine(EngineSettings settings, HostLookup names) {
    this(settings, Transports.best(), names, ErrorHook.endOfProcess());
  }

  SwarmEngine(EngineSettings settings, Transports transport) {
    this(settings, transport, HostLookup.system(), ErrorHook.endOfProcess());
  }

  /**
   * @param errors receives Errors thrown on the event loops
   */
  SwarmEngine(EngineSettings settings, ErrorHook errors) {
    this(settings, Transports.best(), HostLookup.system(), errors);
  }

  private SwarmEngine(
      EngineSettings settings, Transports transport, HostLookup names, ErrorHook errors) {
    this.errors = errors;
    this.settings = settings;
    this.names = names;
    this.transport = transport;
    this.loops = transport.eventLoops(settings.eventLoopThreads(), "piecework-peers", errors);
    this.pool =
        new ThreadPoolExecutor(
            settings.hashThreads(),
            settings.hashThreads(),
            0,
            TimeUnit.SECONDS,
            waiting,
            Thread.ofPlatform().name("piecework-pieces-", 0).daemon().factory());
    this.trackers =
        new Trackers(loops, transport, names, settings.addressPolicy(), TrackerLimits.defaults());
    this.buffers = new PieceBuffers(settings.pieceBufferBytes());
    PeerLimits peers = settings.peerLimits();
    this.limits =
        new ConnectionLimits(
            settings.maxConnections(),
            peers.oneDirection(settings.maxConnections()),
            settings.connectionsPerSecond());
    this.handshakes = new Handshakes(peers.handshakes(), peers.handshakesPerAddress());
    this.reputation =
        new Reputation(CULPRITS_REMEMBERED, peers.slips(), peers.ban(), peers.longestBan());
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
            .handler(ErrorHook.ofListener())
            .childHandler(ErrorHook.initializer(this::accept));
    // Not sync: it throws what the system said, an IOException, past every signature.
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      shutDownThreads();
      throw new IllegalStateException(
          "cannot listen on %s for peers: %s; choose another port, or 0 for any"
              .formatted(address, bound.cause() == null ? "" : bound.cause().getMessage()),
          bound.cause());
    }
    return bound.channel();
  }

  private void accept(Channel channel) {
    if (closed
        || !(channel.remoteAddress() instanceof InetSocketAddress remote)
        || !welcome(remote)) {
      channel.close();
      return;
    }
    InetAddress address = remote.getAddress();
    handshakes
        .begun(channel, address)
        .ifPresent(oldest -> {
          LOG.debug("{}: closed: too many connections without a handshake", oldest);
          oldest.close();
        });
    channel.closeFuture().addListener(errors.listener(done -> handshakes.ended(channel, address)));
    channel.attr(Connections.ACCEPTED_AT).set(System.nanoTime());
    Connections.configure(channel);
    channel
        .pipeline()
        .addLast(
            new HandshakeHandler(
                settings.handshakeTimeout().toMillis(),
                (context, handshake, rest) -> {
                  handshakes.ended(channel, address);
                  route(context, handshake, rest);
                }));
  }

  private boolean welcome(InetSocketAddress remote) {
    InetAddress address = remote.getAddress();
    // Torrents of one info-hash call each other, which no policy can object to.
    boolean allowed =
        settings.addressPolicy().allows(address)
            || (address.equals(ownAddress().getAddress())
                && swarms.values().stream().anyMatch(same -> same.size() > 1));
    boolean banned = reputation.banned(PeerNetwork.culprit(remote), System.nanoTime());
    if (!allowed || banned) {
      LOG.debug("{}: not accepted: {}", remote, banned ? "banned" : "address policy");
    }
    return allowed && !banned;
  }

  /** Gives an incoming connection to its torrent, and moves it to that torrent's loop. */
  private void route(ChannelHandlerContext context, Handshake handshake, ByteBuf rest) {
    Channel channel = context.channel();
    List<Swarm> known = swarms.getOrDefault(handshake.infoHash(), List.of());
    if (known.isEmpty()) {
      LOG.debug("{}: closed: unknown torrent {}", channel, handshake.infoHash());
      rest.release();
      channel.close();
      return;
    }
    Swarm swarm = known.getFirst();
    if (swarm.loop() == channel.eventLoop()) {
      swarm.connections().accepted(channel, handshake, rest);
      return;
    }
    channel
        .deregister()
        .addListener(
            errors.listener(left ->
                swarm
                    .loop()
                    .register(channel)
                    .addListener(
                        swarm
                            .life()
                            .errors()
                            .listener(moved -> {
                              if (moved.isSuccess()) {
                                swarm.connections().accepted(channel, handshake, rest);
                              } else {
                                rest.release();
                                channel.close();
                              }
                            }))));
  }

  @Override
  public Torrent add(TorrentRequest request) {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    if (!settings.holdsPiecesOf(request.metainfo())) {
      throw new PieceTooLongException(
          request.metainfo().pieceLength(0), settings.pieceBufferBytes());
    }
    Swarm swarm = new Swarm(this, request, loops.next());
    List<Swarm> same =
        swarms.merge(
            request.metainfo().infoHash(),
            List.of(swarm),
            (present, added) -> Stream.concat(present.stream(), added.stream()).toList());
    swarm.start();
    if (same.size() > 1) {
      // Peers often take one connection of a host only: what the eldest has, the others can get.
      swarm.addNeighbour(ownAddress());
    }
    return new SwarmTorrent(swarm);
  }

  private InetSocketAddress ownAddress() {
    return new InetSocketAddress(
        settings.listenAddress().orElseGet(InetAddress::getLoopbackAddress), listenPort());
  }

  @Override
  public void removed(Swarm swarm) {
    swarms.computeIfPresent(
        swarm.metainfo().infoHash(),
        (_, present) -> {
          List<Swarm> left = present.stream().filter(each -> each != swarm).toList();
          return left.isEmpty() ? null : left;
        });
  }

  private Stream<Swarm> all() {
    return swarms.values().stream().flatMap(List::stream);
  }

  @Override
  public int listenPort() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @Override
  public EngineStats stats() {
    PeerCounts peers = new PeerCounts();
    all().forEach(swarm -> peers.add(swarm.meter().peers()));
    Sums.Figures done = sums.all();
    return new EngineStats(
        done.receivedBytes(),
        done.wastedBytes(),
        done.sentBytes(),
        done.verifiedPieces(),
        done.failedPieces(),
        done.misbehavedPeers(),
        sums.closed(),
        reputation.bans(),
        Math.toIntExact(all().count()),
        peers,
        limits.open(),
        settings.maxConnections(),
        handshakes.count(),
        settings.peerLimits().handshakes(),
        buffers.usedBytes(),
        settings.pieceBufferBytes(),
        waiting.size(),
        trackers.counts());
  }

  @Override
  public List<Executor> eventLoops() {
    List<Executor> executors = new ArrayList<>();
    loops.forEach(executors::add);
    return List.copyOf(executors);
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
  public HostLookup names() {
    return names;
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
  public Reputation reputation() {
    return reputation;
  }

  @Override
  public Sums sums() {
    return sums;
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
            all().map(swarm -> swarm.life().stop()).toArray(CompletableFuture<?>[]::new));
    try {
      all.get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.warn("Engine: torrents did not stop within {} s", CLOSE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    shutDownThreads();
    all().forEach(swarm -> swarm.life().abandoned());
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
}
