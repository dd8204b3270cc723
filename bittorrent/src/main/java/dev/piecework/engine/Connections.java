package dev.piecework.engine;

import dev.piecework.swarm.PeerBook;
import dev.piecework.swarm.PeerOrigin;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageWriter;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A torrent's connections: which addresses are known, whom to call, who may stay. On the torrent's
 * loop, but for what says otherwise.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class Connections {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
  private static final int MAX_ADDRESSES = 2000;
  private static final long KEEP_ALIVE_NANOS = 100_000_000_000L;

  /** How close together two connections are for crossing: both ends must keep the same one. */
  private static final long CROSSING_NANOS = 10_000_000_000L;

  /** When an incoming connection was accepted, in nanoseconds. */
  static final AttributeKey<Long> ACCEPTED_AT = AttributeKey.valueOf("piecework.acceptedAt");

  private final Swarm swarm;
  private final EngineParts parts;
  private final PeerBook book = new PeerBook(MAX_ADDRESSES);
  private final List<PeerLink> links = new ArrayList<>();
  private final ChannelGroup channels;

  /** Connections being opened. */
  private final Set<Call> calls = new HashSet<>();

  private boolean closed;

  Connections(Swarm swarm, EngineParts parts) {
    this.swarm = swarm;
    this.parts = parts;
    this.channels = new DefaultChannelGroup(swarm.loop());
  }

  /** Connected peers; not to be changed. */
  List<PeerLink> links() {
    return links;
  }

  int connecting() {
    return calls.size();
  }

  /** Peers as they are now. */
  PeerCounts count() {
    PeerCounts counts = new PeerCounts();
    book.forEachResting(origin -> counts.add(origin, PeerState.KNOWN));
    calls.forEach(call -> counts.add(call.origin, PeerState.CONNECTING));
    for (PeerLink link : links) {
      boolean seeder = link.source().pieces().full();
      counts.add(link.origin(), seeder ? PeerState.SEEDER : PeerState.LEECHER);
    }
    return counts;
  }

  int known() {
    return book.size();
  }

  /** Options of every peer's socket, called or calling. */
  static void configure(Channel channel) {
    channel
        .config()
        .setOption(
            ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(1024, 16384, 262144));
    channel
        .config()
        .setOption(
            ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(128 << 10, 512 << 10));
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
  }

  void add(List<InetSocketAddress> addresses, PeerOrigin origin) {
    for (InetSocketAddress address : addresses) {
      if (!address.isUnresolved()
          && parts.settings().addressPolicy().allows(address.getAddress())) {
        book.add(address, origin);
      }
    }
    callMore(System.nanoTime());
  }

  /** Another torrent of this very engine, which no policy can object to. */
  void addNeighbour(InetSocketAddress address) {
    book.add(address, PeerOrigin.GIVEN);
    callMore(System.nanoTime());
  }

  /** Calls as many as limits allow. */
  private void callMore(long nowNanos) {
    int most = parts.settings().maxConnectionsPerTorrent();
    while (!closed && links.size() + calls.size() < most) {
      Optional<InetSocketAddress> next = book.next(nowNanos, !swarm.picker().finished());
      if (next.isEmpty() || !parts.limits().mayConnect(nowNanos)) {
        return;
      }
      call(next.get());
    }
  }

  private void call(InetSocketAddress address) {
    book.busy(address);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(swarm.loop())
            .channel(parts.transport().channel())
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                Math.toIntExact(parts.settings().connectTimeout().toMillis()))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    configure(channel);
                    channels.add(channel);
                  }
                });
    ChannelFuture connected = bootstrap.connect(address);
    Channel channel = connected.channel();
    Call call = new Call(address, book.origin(address).orElse(PeerOrigin.GIVEN));
    calls.add(call);
    channel.closeFuture().addListener(done -> call.ended());
    connected.addListener(done -> {
      if (done.isSuccess()) {
        call.connected(channel);
      } else {
        LOG.debug("{}: cannot connect: {}", address, String.valueOf(done.cause()));
        channel.close();
      }
    });
  }

  /** One outgoing connection, from the call to its end. */
  private final class Call {
    private final InetSocketAddress address;
    private final PeerOrigin origin;
    private Optional<PeerLink> link = Optional.empty();
    private boolean pending = true;

    Call(InetSocketAddress address, PeerOrigin origin) {
      this.address = address;
      this.origin = origin;
    }

    void connected(Channel channel) {
      if (closed) {
        channel.close();
        return;
      }
      channel
          .pipeline()
          .addLast(
              new HandshakeHandler(
                  parts.settings().handshakeTimeout().toMillis(),
                  (context, handshake, rest) -> {
                    answered();
                    link = attach(context.channel(), handshake, origin, rest);
                  }));
      ByteBuf hello = channel.alloc().buffer(Handshake.LENGTH);
      ours().write(hello);
      channel.writeAndFlush(hello, channel.voidPromise());
    }

    private void answered() {
      if (pending) {
        pending = false;
        calls.remove(this);
      }
    }

    void ended() {
      answered();
      parts.limits().closed();
      long now = System.nanoTime();
      if (link.isPresent()) {
        book.closed(address, link.get().wantsNothing(), now);
      } else {
        book.failed(address, now);
      }
    }
  }

  private Handshake ours() {
    return new Handshake(true, true, swarm.metainfo().infoHash(), swarm.peerId());
  }

  /**
   * Takes an incoming connection whose handshake named this torrent; its socket is not being read.
   *
   * @param rest what followed the handshake; released here
   */
  void accepted(Channel channel, Handshake handshake, ByteBuf rest) {
    channels.add(channel);
    attach(channel, handshake, PeerOrigin.INCOMING, rest);
  }

  private Optional<PeerLink> attach(
      Channel channel, Handshake handshake, PeerOrigin origin, ByteBuf rest) {
    boolean incoming = origin == PeerOrigin.INCOMING;
    Optional<String> objection =
        // It may have ended on its way to this loop, with nobody in its pipeline to hear of it.
        channel.isActive() && channel.remoteAddress() instanceof InetSocketAddress remote
            ? objection(channel, remote, handshake, incoming)
            : Optional.of("gone already");
    if (objection.isPresent()) {
      LOG.debug("{}: not taken: {}", channel, objection.get());
      rest.release();
      channel.close();
      return Optional.empty();
    }
    PeerLink link = new PeerLink(swarm, channel, handshake, origin, System.nanoTime());
    links.add(link);
    if (incoming) {
      ours().write(link.outbox());
    }
    swarm.joined(link);
    channel.pipeline().addLast(link);
    channel.pipeline().fireChannelRead(rest);
    channel.pipeline().fireChannelReadComplete();
    link.flush();
    channel.config().setAutoRead(true);
    return Optional.of(link);
  }

  private Optional<String> objection(
      Channel channel, InetSocketAddress remote, Handshake handshake, boolean incoming) {
    if (closed) {
      return Optional.of("the torrent is being stopped");
    }
    if (!handshake.infoHash().equals(swarm.metainfo().infoHash())) {
      return Optional.of("another torrent");
    }
    if (handshake.peerId().equals(swarm.peerId())) {
      if (!incoming) {
        book.remove(remote);
      }
      return Optional.of("ourselves");
    }
    if (book.banned(remote)) {
      return Optional.of("banned");
    }
    for (PeerLink each : List.copyOf(links)) {
      if (each.handshake().peerId().equals(handshake.peerId())) {
        if (keepExisting(each, channel, remote, incoming)) {
          return Optional.of("connected already");
        }
        each.close("replaced by another connection of the same peer");
      }
    }
    if (links.size() >= parts.settings().maxConnectionsPerTorrent()) {
      return Optional.of("too many connections of this torrent");
    }
    return Optional.empty();
  }

  /**
   * Of two connections that cross, both ends keep the one that the smaller peer id began. Of two
   * that a peer began from one host the first is dead, only we have not heard of it yet.
   */
  private boolean keepExisting(
      PeerLink existing, Channel channel, InetSocketAddress remote, boolean newIsIncoming) {
    if (existing.incoming() && newIsIncoming) {
      // Which is the first is not a matter of which came to this loop first.
      Long accepted = channel.attr(ACCEPTED_AT).get();
      Long before = existing.channel().attr(ACCEPTED_AT).get();
      return !existing.remote().getAddress().equals(remote.getAddress())
          || accepted == null
          || before == null
          || accepted - before < 0;
    }
    boolean crossing =
        existing.incoming() != newIsIncoming
            && System.nanoTime() - existing.connectedAtNanos() < CROSSING_NANOS;
    boolean weBegin = swarm.peerId().compareTo(existing.handshake().peerId()) < 0;
    return !crossing || existing.incoming() != weBegin;
  }

  boolean remove(PeerLink link) {
    return links.remove(link);
  }

  /** A peer broke the protocol: it is not called again for long. */
  void distrust(PeerLink link) {
    if (!link.incoming()) {
      book.remove(link.remote());
    }
  }

  void ban(InetSocketAddress culprit) {
    book.ban(culprit);
    for (PeerLink link : List.copyOf(links)) {
      if (PeerBook.culprit(link.remote()).equals(culprit)) {
        link.close("sent corrupt data");
      }
    }
  }

  void tick(long nowNanos) {
    boolean finished = swarm.picker().finished();
    long idleNanos = parts.settings().idleTimeout().toNanos();
    for (PeerLink link : List.copyOf(links)) {
      if (nowNanos - link.lastReadNanos() > idleNanos) {
        link.close("silent for too long");
      } else if (finished && link.wantsNothing()) {
        link.close("neither needs the other");
      } else if (nowNanos - link.lastWriteNanos() > KEEP_ALIVE_NANOS) {
        MessageWriter.keepAlive(link.outbox());
      }
    }
    callMore(nowNanos);
  }

  /** Ends every connection, those that are only begun too. */
  void close() {
    closed = true;
    for (PeerLink link : List.copyOf(links)) {
      link.close("the torrent is being stopped");
    }
  }

  /** Completes when the last socket is closed. */
  CompletableFuture<Void> closed() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    channels.close().addListener(all -> done.complete(null));
    return done;
  }
}
