package dev.piecework.engine;

import dev.piecework.net.ErrorHook;
import dev.piecework.swarm.CallOutcome;
import dev.piecework.swarm.PeerBook;
import dev.piecework.swarm.PeerNetwork;
import dev.piecework.swarm.PeerOrigin;
import dev.piecework.swarm.Referrer;
import dev.piecework.wire.Handshake;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a torrent's peers: which addresses are known, which is called next, how many at once. On
 * the torrent's loop.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class Dialer {
  private static final Logger LOG = LoggerFactory.getLogger(Dialer.class);

  private final Swarm swarm;
  private final EngineParts parts;
  private final Connections connections;
  private final PeerLimits limits;
  private final PeerBook book;

  /** Connections being opened. */
  private final Set<Call> calls = new HashSet<>();

  private boolean closed;

  Dialer(Swarm swarm, EngineParts parts, Connections connections) {
    this.swarm = swarm;
    this.parts = parts;
    this.connections = connections;
    this.limits = parts.settings().peerLimits();
    this.book = new PeerBook(limits.knownAddresses());
  }

  /** Connections being opened. */
  int calls() {
    return calls.size();
  }

  /** Addresses known. */
  int known() {
    return book.size();
  }

  void countInto(PeerCounts counts) {
    book.forEachResting(origin -> counts.add(origin, PeerState.KNOWN));
    calls.forEach(call -> counts.add(call.referrer.origin(), PeerState.CONNECTING));
  }

  void add(List<InetSocketAddress> addresses, Referrer referrer) {
    for (InetSocketAddress address : addresses) {
      if (!address.isUnresolved()
          && parts.settings().addressPolicy().allows(address.getAddress())) {
        book.add(address, referrer);
      }
    }
    callMore(System.nanoTime());
  }

  /** Another torrent of this very engine, which no policy can object to. */
  void addNeighbour(InetSocketAddress address) {
    book.add(address, Referrer.GIVEN);
    callMore(System.nanoTime());
  }

  /** An address is our own. */
  void isOurs(InetSocketAddress address) {
    book.remove(address);
  }

  /** Calls as many as limits allow. */
  void callMore(long nowNanos) {
    if (closed || calls.size() >= limits.dials()) {
      return;
    }
    Map<InetAddress, Integer> perNetwork = outgoingPerNetwork();
    while (calls.size() < limits.dials()) {
      Optional<InetSocketAddress> next =
          book.next(
              nowNanos,
              !swarm.picker().finished(),
              this::mayCall,
              address -> mayCall(address, perNetwork, nowNanos));
      if (next.isEmpty()
          || !connections.roomForOutgoing(nowNanos)
          || !parts.limits().mayConnect(nowNanos)) {
        return;
      }
      perNetwork.merge(PeerNetwork.of(next.get().getAddress()), 1, Integer::sum);
      call(next.get());
    }
  }

  /** Silent addresses of one referrer leave room for those of the others. */
  private boolean mayCall(Referrer referrer) {
    int its = 0;
    for (Call call : calls) {
      if (call.referrer.equals(referrer)) {
        its++;
      }
    }
    return its < limits.dials() / 2;
  }

  private boolean mayCall(
      InetSocketAddress address, Map<InetAddress, Integer> perNetwork, long nowNanos) {
    InetAddress host = address.getAddress();
    return (PeerNetwork.shared(host)
            || perNetwork.getOrDefault(PeerNetwork.of(host), 0) < limits.connectionsPerAddress())
        && !parts.reputation().banned(PeerNetwork.culprit(address), nowNanos);
  }

  private Map<InetAddress, Integer> outgoingPerNetwork() {
    Map<InetAddress, Integer> counts = new HashMap<>();
    calls.forEach(call -> counts.merge(PeerNetwork.of(call.address.getAddress()), 1, Integer::sum));
    for (PeerLink link : connections.links()) {
      if (!link.incoming()) {
        counts.merge(PeerNetwork.of(link.remote().getAddress()), 1, Integer::sum);
      }
    }
    return counts;
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
                ErrorHook.initializer(channel -> {
                  Connections.configure(channel);
                  connections.own(channel);
                }));
    ChannelFuture connected = bootstrap.connect(address);
    Channel channel = connected.channel();
    Call call = new Call(address, book.referrer(address).orElse(Referrer.GIVEN));
    calls.add(call);
    ErrorHook errors = swarm.life().errors();
    channel.closeFuture().addListener(errors.listener(done -> call.ended()));
    connected.addListener(
        errors.listener(done -> {
          if (done.isSuccess()) {
            call.connected(channel);
          } else {
            LOG.debug("{}: cannot connect: {}", address, String.valueOf(done.cause()));
            channel.close();
          }
        }));
  }

  /** Nobody is called any more. */
  void close() {
    closed = true;
  }

  /** One outgoing connection, from the call to its end. */
  private final class Call {
    private final InetSocketAddress address;
    private final Referrer referrer;
    private Optional<PeerLink> link = Optional.empty();
    private boolean pending = true;

    Call(InetSocketAddress address, Referrer referrer) {
      this.address = address;
      this.referrer = referrer;
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
                    PeerOrigin origin = referrer.origin();
                    link = connections.attach(context.channel(), handshake, origin, rest);
                  }));
      ByteBuf hello = channel.alloc().buffer(Handshake.LENGTH);
      connections.ours().write(hello);
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
      parts.limits().closed(false);
      CallOutcome outcome =
          link.map(each -> each.closeReason().outcome(each.source().receivedBytes()))
              .orElse(CallOutcome.UNREACHABLE);
      book.ended(address, outcome, System.nanoTime());
    }
  }
}
