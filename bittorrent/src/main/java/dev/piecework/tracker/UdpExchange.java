package dev.piecework.tracker;

import dev.piecework.net.ErrorHook;
import dev.piecework.net.Transports;
import dev.piecework.tracker.AllowedHosts.Resolved;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import dev.piecework.tracker.UdpMessages.Answer;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/**
 * One announce over UDP (BEP 15): connect, announce, each sent again after 15, 30, ... seconds
 * without an answer. It has a socket of its own, connected to the tracker's address: the kernel
 * then drops datagrams from anybody else, and says at once when nobody listens there. Of a host
 * with several addresses each is asked once before the first is asked again. Lives on one event
 * loop.
 */
final class UdpExchange {
  /** More than a thousand addresses; what is longer is cut. */
  private static final int MAX_DATAGRAM_BYTES = 16 * 1024;

  /** What all exchanges of a process share. */
  record Setup(
      Transports transport,
      AllowedHosts hosts,
      TrackerLimits limits,
      Scheduler scheduler,
      DeadAddresses dead,
      UdpConnectionIds connectionIds,
      IntSupplier transactionIds) {}

  private final Setup setup;
  private final EventLoop loop;
  private final TrackerUrl.Udp url;
  private final AnnounceRequest request;
  private final CompletableFuture<AnnounceResult> result = new CompletableFuture<>();
  private final List<InetSocketAddress> candidates = new ArrayList<>();
  private Optional<Channel> open = Optional.empty();
  private Scheduler.Timer timer = Scheduler.Timer.none();
  private Duration waited = Duration.ZERO;
  private int retransmissions;
  private int index;

  private InetSocketAddress tracker = InetSocketAddress.createUnresolved("none", 1);
  private boolean connecting;
  private boolean reusedConnectionId;
  private int transactionId;

  private UdpExchange(Setup setup, EventLoop loop, TrackerUrl.Udp url, AnnounceRequest request) {
    this.setup = setup;
    this.loop = loop;
    this.url = url;
    this.request = request;
  }

  /** Begins; cancelling the result closes the socket. */
  static CompletableFuture<AnnounceResult> start(
      Setup setup, EventLoop loop, TrackerUrl.Udp url, AnnounceRequest request) {
    UdpExchange exchange = new UdpExchange(setup, loop, url, request);
    Duration lookup = setup.limits.httpTimeout();
    exchange.timer =
        setup.scheduler.schedule(
            loop,
            lookup,
            () -> exchange.fail("host name not found within " + ConnectionFault.seconds(lookup)));
    var _ = exchange.result.whenComplete((_, _) -> loop.execute(exchange::close));
    var _ =
        setup
            .hosts
            .resolve(url.host(), url.port())
            .thenAcceptAsync(
                resolved -> {
                  switch (resolved) {
                    case Resolved.None none -> exchange.fail(none.reason());
                    case Resolved.Addresses found -> {
                      exchange.candidates.addAll(setup.dead.order(found.addresses(), url.port()));
                      exchange.openSocket();
                    }
                  }
                },
                loop)
            .exceptionally(defect -> {
              ErrorHook.of(loop).check(defect);
              exchange.fail("announce failed: " + ConnectionFault.message(defect));
              return null;
            });
    return exchange.result;
  }

  private void openSocket() {
    if (result.isDone()) {
      return;
    }
    timer.cancel();
    closeSocket();
    tracker = candidates.get(index);
    ChannelFuture opening =
        new Bootstrap()
            .group(loop)
            .channel(setup.transport.datagramChannel())
            .option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM_BYTES))
            .handler(new Receiver(tracker))
            .connect(tracker);
    open = Optional.of(opening.channel());
    opening.addListener(
        ErrorHook.of(loop)
            .listener(done -> {
              if (result.isDone()) {
                var _ = opening.channel().close();
              } else if (done.isSuccess()) {
                begin();
              } else {
                refused(done.cause());
              }
            }));
  }

  /** The system says that nobody is there: that address is not asked again in this announce. */
  private void refused(Throwable cause) {
    timer.cancel();
    setup.dead.failed(tracker);
    candidates.remove(tracker);
    if (candidates.isEmpty()) {
      fail(describe(cause));
    } else if (index < candidates.size()) {
      openSocket();
    } else {
      nextRound();
    }
  }

  private void nextRound() {
    if (retransmissions >= setup.limits.udpRetransmissions()) {
      fail("timed out after " + ConnectionFault.seconds(waited));
      return;
    }
    retransmissions++;
    index = 0;
    openSocket();
  }

  /** Announces with a connection id that is young enough, or asks for one. */
  private void begin() {
    transactionId = setup.transactionIds.getAsInt();
    OptionalLong known = setup.connectionIds.find(tracker);
    connecting = known.isEmpty();
    reusedConnectionId = known.isPresent();
    send();
  }

  private void send() {
    timer.cancel();
    OptionalLong connectionId = setup.connectionIds.find(tracker);
    if (!connecting && connectionId.isEmpty()) {
      // It has grown too old while we waited for an answer.
      connecting = true;
      transactionId = setup.transactionIds.getAsInt();
    }
    ByteBuf datagram =
        connecting
            ? UdpMessages.connect(transactionId)
            : UdpMessages.announce(
                connectionId.orElseThrow(), transactionId, request, url.pathAndQuery());
    if (open.isPresent()) {
      var _ = open.get().writeAndFlush(datagram);
    } else {
      datagram.release();
    }
    Duration patience = setup.limits.udpTimeout().multipliedBy(1L << retransmissions);
    timer = setup.scheduler.schedule(loop, patience, () -> unanswered(patience));
  }

  private void unanswered(Duration patience) {
    if (result.isDone()) {
      return;
    }
    waited = waited.plus(patience);
    setup.dead.failed(tracker);
    if (candidates.size() > 1) {
      index++;
      if (index < candidates.size()) {
        openSocket();
      } else {
        nextRound();
      }
      return;
    }
    if (retransmissions >= setup.limits.udpRetransmissions()) {
      fail("timed out after " + ConnectionFault.seconds(waited));
      return;
    }
    retransmissions++;
    if (reusedConnectionId) {
      // It may be the old id that the tracker ignores, having been restarted.
      setup.connectionIds.forget(tracker);
      reusedConnectionId = false;
    }
    send();
  }

  private void received(ByteBuf datagram) {
    boolean ipv6 = tracker.getAddress() instanceof Inet6Address;
    switch (UdpMessages.read(datagram, transactionId, ipv6)) {
      case Answer.Connected connected when connecting -> {
        setup.dead.answered(tracker);
        setup.connectionIds.remember(tracker, connected.connectionId());
        connecting = false;
        transactionId = setup.transactionIds.getAsInt();
        send();
      }
      case Answer.Announced announced when !connecting ->
          result.complete(
              new Accepted(
                  Optional.of(announced.interval()).filter(Duration::isPositive),
                  Optional.empty(),
                  announced.peers(),
                  List.of(),
                  "",
                  ""));
      case Answer.Refused _ when reusedConnectionId -> {
        setup.connectionIds.forget(tracker);
        begin();
      }
      case Answer.Refused refused -> {
        setup.connectionIds.forget(tracker);
        result.complete(new Failed(HttpAnswer.REFUSED, refused.message()));
      }
      // Not an answer to what was asked: late, repeated or forged.
      case Answer.Connected _ -> {}
      case Answer.Announced _ -> {}
      case Answer.Foreign _ -> {}
    }
  }

  private void fail(String message) {
    result.complete(new Failed(message));
  }

  private String describe(Throwable cause) {
    return ConnectionFault.describe(cause, tracker, setup.limits.connectTimeout());
  }

  private void close() {
    timer.cancel();
    closeSocket();
  }

  private void closeSocket() {
    if (open.isPresent()) {
      var _ = open.get().close();
    }
    open = Optional.empty();
  }

  /** Hands on datagrams from one address, and errors the kernel reports for it. */
  private final class Receiver extends SimpleChannelInboundHandler<DatagramPacket> {
    private final InetSocketAddress from;

    Receiver(InetSocketAddress from) {
      this.from = from;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      // The kernel has checked this already; it costs nothing not to rely on it.
      boolean expected = packet.sender() == null || packet.sender().equals(from);
      if (expected && !result.isDone() && from.equals(tracker)) {
        received(packet.content());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      ErrorHook.of(loop).check(cause);
      var _ = context.close();
      if (result.isDone() || !from.equals(tracker)) {
        return;
      }
      refused(cause);
    }
  }
}
