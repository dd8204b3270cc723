package dev.piecework.tracker;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.net.Transports;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * What the announcers of all torrents share: event loops, the address policy, connection ids. One
 * per engine. From any thread.
 */
public final class Trackers implements AutoCloseable {
  private final EventLoopGroup loops;
  private final Scheduler scheduler;
  private final TrackerLimits limits;
  private final HttpExchange.Setup http;
  private final UdpExchange.Setup udp;
  private final Map<Long, CompletableFuture<AnnounceResult>> running = new ConcurrentHashMap<>();
  private final LongAdder httpAccepted = new LongAdder();
  private final LongAdder httpFailed = new LongAdder();
  private final LongAdder udpAccepted = new LongAdder();
  private final LongAdder udpFailed = new LongAdder();
  private final LongAdder unusable = new LongAdder();
  private final AtomicLong announces = new AtomicLong();
  private volatile boolean closed;

  /**
   * @param loops drive the sockets; stay the caller's, to be shut down after {@link #close}
   * @param transport what {@code loops} were made by
   * @param names looks trackers up, and peers that they name; stays the caller's
   * @param policy which addresses and ports may be announced to
   * @param limits timeouts and the like
   */
  public Trackers(
      EventLoopGroup loops,
      Transports transport,
      HostLookup names,
      AddressPolicy policy,
      TrackerLimits limits) {
    this(
        loops,
        transport,
        new AllowedHosts(names, policy),
        limits,
        new LoopScheduler(loops),
        new SystemTls());
  }

  Trackers(
      EventLoopGroup loops,
      Transports transport,
      AllowedHosts hosts,
      TrackerLimits limits,
      Scheduler scheduler,
      Supplier<SslContext> tls) {
    this.loops = loops;
    this.scheduler = scheduler;
    this.limits = limits;
    DeadAddresses dead = new DeadAddresses(scheduler);
    this.http = new HttpExchange.Setup(transport, hosts, limits, scheduler, dead, tls);
    SecureRandom random = new SecureRandom(); // guessable ids would let others answer
    this.udp =
        new UdpExchange.Setup(
            transport,
            hosts,
            limits,
            scheduler,
            dead,
            new UdpConnectionIds(scheduler, limits.udpConnectionAge()),
            random::nextInt);
  }

  /** Host and port of an announce URL, for people: the rest of it may hold a passkey. */
  public static String place(String url) {
    TrackerUrl parsed = TrackerUrl.parse(url);
    return parsed instanceof TrackerUrl.Unusable ? "(unusable URL)" : parsed.place();
  }

  /** Ends all announces at work and accepts no more; the event loops stay. */
  @Override
  public void close() {
    closed = true;
    running.values().forEach(each -> each.cancel(false));
  }

  TrackerClient client() {
    return this::announce;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  TrackerLimits limits() {
    return limits;
  }

  EventLoop nextLoop() {
    return loops.next();
  }

  private CompletableFuture<AnnounceResult> announce(TrackerUrl url, AnnounceRequest request) {
    EventLoop loop = loops.next();
    CompletableFuture<AnnounceResult> result =
        switch (url) {
          case TrackerUrl.Http each -> HttpExchange.start(http, loop, each, request);
          case TrackerUrl.Udp each -> UdpExchange.start(udp, loop, each, request);
          case TrackerUrl.Unusable unusable ->
              CompletableFuture.completedFuture(new AnnounceResult.Failed(unusable.reason()));
        };
    long number = announces.incrementAndGet();
    running.put(number, result);
    var _ =
        result.whenComplete((answer, _) -> {
          running.remove(number);
          if (answer != null) {
            count(url, answer);
          }
        });
    if (closed) {
      result.cancel(false);
    }
    return result;
  }

  private void count(TrackerUrl url, AnnounceResult answer) {
    boolean accepted = answer instanceof AnnounceResult.Accepted;
    switch (url) {
      case TrackerUrl.Http _ -> (accepted ? httpAccepted : httpFailed).increment();
      case TrackerUrl.Udp _ -> (accepted ? udpAccepted : udpFailed).increment();
      case TrackerUrl.Unusable _ -> unusable.increment();
    }
  }

  /** What came of announces so far; from any thread. */
  public AnnounceCounts counts() {
    return new AnnounceCounts(
        httpAccepted.sum(), httpFailed.sum(), udpAccepted.sum(), udpFailed.sum(), unusable.sum());
  }

  /** The JDK's TLS with its trust store, made when the first https tracker is met. */
  private static final class SystemTls implements Supplier<SslContext> {
    private static final class Holder {
      static final SslContext CONTEXT = build();
    }

    @Override
    public SslContext get() {
      return Holder.CONTEXT;
    }

    private static SslContext build() {
      try {
        return SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .endpointIdentificationAlgorithm("HTTPS")
            .build();
      } catch (SSLException e) {
        throw new IllegalStateException("this Java cannot do TLS", e);
      }
    }
  }
}
