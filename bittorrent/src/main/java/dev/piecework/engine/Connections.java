package dev.piecework.engine;

import dev.piecework.swarm.PeerNetwork;
import dev.piecework.swarm.PeerOrigin;
import dev.piecework.swarm.PeerUse;
import dev.piecework.swarm.Referrer;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A torrent's connections: who may come, who may stay, who makes room. On the torrent's loop, but
 * for what says otherwise.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class Connections {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
  private static final long KEEP_ALIVE_NANOS = 100_000_000_000L;

  /** How close together two connections are for crossing: both ends must keep the same one. */
  private static final long CROSSING_NANOS = 10_000_000_000L;

  /** A peer that gave as much as this has shown that it means well. */
  private static final long PROVED_BYTES = 1 << 20;

  /** When an incoming connection was accepted, in nanoseconds. */
  static final AttributeKey<Long> ACCEPTED_AT = AttributeKey.valueOf("piecework.acceptedAt");

  private final Swarm swarm;
  private final EngineParts parts;
  private final PeerLimits limits;
  private final Dialer dialer;
  private final List<PeerLink> links = new ArrayList<>();
  private final Map<PeerLink, PeerUse> uses = new LinkedHashMap<>();
  private final ChannelGroup channels;
  private boolean closed;

  Connections(Swarm swarm, EngineParts parts) {
    this.swarm = swarm;
    this.parts = parts;
    this.limits = parts.settings().peerLimits();
    this.channels = new DefaultChannelGroup(swarm.loop());
    this.dialer = new Dialer(swarm, parts, this);
  }

  /** Connected peers; not to be changed. */
  List<PeerLink> links() {
    return links;
  }

  int connecting() {
    return dialer.calls();
  }

  /** Peers as they are now. */
  PeerCounts count() {
    PeerCounts counts = new PeerCounts();
    dialer.countInto(counts);
    for (PeerLink link : links) {
      boolean seeder = link.source().pieces().full();
      counts.add(link.origin(), seeder ? PeerState.SEEDER : PeerState.LEECHER);
    }
    return counts;
  }

  int known() {
    return dialer.known();
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
            ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(64 << 10, 256 << 10));
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
  }

  void add(List<InetSocketAddress> addresses, Referrer referrer) {
    dialer.add(addresses, referrer);
  }

  /** Another torrent of this very engine, which no policy can object to. */
  void addNeighbour(InetSocketAddress address) {
    dialer.addNeighbour(address);
  }

  /** A connection that is to end with the torrent. */
  void own(Channel channel) {
    channels.add(channel);
  }

  /** Our side of the handshake. */
  Handshake ours() {
    return new Handshake(true, true, swarm.metainfo().infoHash(), swarm.peerId());
  }

  /**
   * Takes an incoming connection whose handshake named this torrent; its socket is not being read.
   *
   * @param rest what followed the handshake; released here
   */
  void accepted(Channel channel, Handshake handshake, ByteBuf rest) {
    own(channel);
    attach(channel, handshake, PeerOrigin.INCOMING, rest);
  }

  /**
   * Takes a connection whose handshakes are done, or closes it.
   *
   * @param rest what followed the handshake; released here
   */
  Optional<PeerLink> attach(Channel channel, Handshake handshake, PeerOrigin origin, ByteBuf rest) {
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
    uses.put(link, new PeerUse(link.connectedAtNanos()));
    if (incoming) {
      channel
          .closeFuture()
          .addListener(swarm.life().errors().listener(ended -> parts.limits().closed(true)));
      ours().write(link.outbox().buffer());
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
        dialer.isOurs(remote);
      }
      return Optional.of("ourselves");
    }
    if (parts.reputation().banned(PeerNetwork.culprit(remote), System.nanoTime())) {
      return Optional.of("banned");
    }
    for (PeerLink each : List.copyOf(links)) {
      if (each.handshake().peerId().equals(handshake.peerId())) {
        if (keepExisting(each, channel, remote, incoming)) {
          return Optional.of("connected already");
        }
        each.close(CloseReason.REPLACED, "another connection of the same peer");
      }
    }
    return incoming ? noRoomForIncoming(remote.getAddress()) : Optional.empty();
  }

  /** Makes room for an incoming connection, or says why there is none. */
  private Optional<String> noRoomForIncoming(InetAddress address) {
    long now = System.nanoTime();
    InetAddress network = PeerNetwork.of(address);
    Predicate<PeerLink> ofAddress =
        link -> link.incoming() && PeerNetwork.of(link.remote().getAddress()).equals(network);
    if (count(ofAddress) >= limits.connectionsPerAddress() && !makeRoom(ofAddress, now)) {
      return Optional.of("too many connections of this address");
    }
    int most = parts.settings().maxConnectionsPerTorrent();
    if ((count(PeerLink::incoming) >= limits.oneDirection(most)
            && !makeRoom(PeerLink::incoming, now))
        || (links.size() + dialer.calls() >= most && !makeRoom(_ -> true, now))) {
      return Optional.of("too many connections of this torrent");
    }
    if (!parts.limits().mayAccept(now)) {
      // Whatever is of no use, of this torrent or another, goes at the next tick.
      return Optional.of("too many connections");
    }
    return Optional.empty();
  }

  /** Whether there is room for an outgoing connection; makes it if somebody is of no use. */
  boolean roomForOutgoing(long nowNanos) {
    int most = parts.settings().maxConnectionsPerTorrent();
    Predicate<PeerLink> outgoing = link -> !link.incoming();
    return (count(outgoing) + dialer.calls() < limits.oneDirection(most)
            || makeRoom(outgoing, nowNanos))
        && (links.size() + dialer.calls() < most || makeRoom(_ -> true, nowNanos));
  }

  private int count(Predicate<PeerLink> which) {
    int count = 0;
    for (PeerLink link : links) {
      if (which.test(link)) {
        count++;
      }
    }
    return count;
  }

  /** Closes the connection of least use among these, if one has shown to be of none. */
  private boolean makeRoom(Predicate<PeerLink> which, long nowNanos) {
    PeerLink worst = null;
    PeerUse worstUse = null;
    for (Map.Entry<PeerLink, PeerUse> each : uses.entrySet()) {
      PeerUse use = each.getValue();
      if (which.test(each.getKey())
          && use.idle(nowNanos, limits.trial().toNanos())
          && (worstUse == null || use.worseThan(worstUse, nowNanos))) {
        worst = each.getKey();
        worstUse = use;
      }
    }
    if (worst == null) {
      return false;
    }
    worst.close(CloseReason.USELESS, "gave and took nothing, and others wait");
    return true;
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
    uses.remove(link);
    return links.remove(link);
  }

  /** A peer broke the protocol; who does so again and again is banned for a time. */
  void distrust(PeerLink link) {
    InetSocketAddress culprit = PeerNetwork.culprit(link.remote());
    if (link.source().receivedBytes() >= PROVED_BYTES) {
      parts.reputation().proved(culprit);
    } else {
      parts.reputation().slipped(culprit, System.nanoTime());
    }
  }

  /** A peer sent corrupt data. */
  void ban(InetSocketAddress culprit) {
    parts.reputation().corrupt(culprit, System.nanoTime());
    for (PeerLink link : List.copyOf(links)) {
      if (PeerNetwork.culprit(link.remote()).equals(culprit)) {
        link.close(CloseReason.CORRUPT_DATA, "sent corrupt data");
      }
    }
  }

  void tick(long nowNanos) {
    boolean finished = swarm.picker().finished();
    long idleNanos = parts.settings().idleTimeout().toNanos();
    for (PeerLink link : List.copyOf(links)) {
      if (nowNanos - link.lastReadNanos() > idleNanos) {
        link.close(CloseReason.SILENT, "silent for too long");
      } else if (finished && link.wantsNothing()) {
        link.close(CloseReason.NOT_NEEDED, "neither needs the other");
      } else if (nowNanos - link.lastWriteNanos() > KEEP_ALIVE_NANOS) {
        MessageWriter.keepAlive(link.outbox().buffer());
      }
    }
    uses.forEach((link, use) -> update(link, use, nowNanos));
    if (parts.limits().roomWanted(nowNanos)) {
      makeRoom(_ -> true, nowNanos);
    }
    dialer.callMore(nowNanos);
  }

  private void update(PeerLink link, PeerUse use, long nowNanos) {
    use.update(
        nowNanos,
        link.source().receivedBytes() + link.uploads().sentBytes(),
        link.source().choked(),
        link.uploads().choking(),
        link.interesting(),
        link.uploads().interested() && swarm.picker().have().count() > 0);
  }

  /** Ends every connection, those that are only begun too. */
  void close() {
    closed = true;
    dialer.close();
    for (PeerLink link : List.copyOf(links)) {
      link.close(CloseReason.STOPPED, "the torrent is being stopped");
    }
  }

  /** Completes when the last socket is closed. */
  CompletableFuture<Void> closed() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    channels.close().addListener(swarm.life().errors().listener(all -> done.complete(null)));
    return done;
  }
}
