package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.net.Transports;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Trackers over real sockets, by a clock that a test moves and names that it chooses. */
final class TrackerFixture implements AutoCloseable {
  final ManualScheduler clock = new ManualScheduler();

  /** Errors thrown on the event loop. */
  final List<Error> errors = new CopyOnWriteArrayList<>();

  private final EventLoopGroup loops = Transports.best().eventLoops(1, "test", errors::add);
  private final HostLookup.Names names;
  private AddressPolicy policy = AddressPolicy.everything();
  private Supplier<SslContext> tls =
      () -> {
        throw new IllegalStateException("no TLS in this test");
      };
  private Trackers trackers;

  TrackerFixture(HostLookup.Names names) {
    this.names = names;
    this.trackers = make();
  }

  private Trackers make() {
    return new Trackers(
        loops,
        Transports.best(),
        new AllowedHosts(new HostLookup(names, HostLookup.DEFAULT_TIMEOUT, 4), policy),
        TrackerLimits.defaults(),
        clock,
        tls);
  }

  /** From now on another address policy. */
  void policy(AddressPolicy other) {
    policy = other;
    trackers.close();
    trackers = make();
  }

  /** From now on TLS. */
  void tls(Supplier<SslContext> context) {
    tls = context;
    trackers.close();
    trackers = make();
  }

  Trackers trackers() {
    return trackers;
  }

  CompletableFuture<AnnounceResult> start(String url) {
    return trackers.client().announce(TrackerUrl.parse(url), Announces.started());
  }

  AnnounceResult announce(String url) throws Exception {
    return start(url).get(20, TimeUnit.SECONDS);
  }

  static String failure(AnnounceResult result) {
    return switch (result) {
      case Failed failed -> failed.message();
      case Accepted accepted -> "accepted: " + accepted;
    };
  }

  /** The answer names one peer, 1.2.3.4:1 unless said otherwise. */
  static void assertAccepted(AnnounceResult result) {
    assertPeer(result, "1.2.3.4", 1);
  }

  static void assertPeer(AnnounceResult result, String address, int port) {
    assertThat(result)
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted ->
                assertThat(accepted.peers())
                    .containsExactly(new InetSocketAddress(InetAddress.ofLiteral(address), port)));
  }

  @Override
  public void close() {
    trackers.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
