package dev.piecework.worker.observe;

import dev.piecework.exit.ExitCode;
import dev.piecework.net.Transports;
import dev.piecework.worker.settings.HttpSettings;
import dev.piecework.worker.start.WorkerStartException;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one HTTP port of a worker. Small on purpose: every connection gets one answer and is closed,
 * and has a few seconds for all of it; request line and headers are bounded, a body is not read.
 * Connections are bounded too, and make room for new ones in the order they came: whoever holds
 * them open keeps nobody out who asks and goes, as a probe does.
 *
 * <p>All runs on one thread of its own, so that it answers while the engine's event loops do not,
 * and nobody gets more than that thread out of it.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
public final class StatusServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);
  private static final int MAX_CONNECTIONS = 64;
  private static final int MAX_REQUEST_LINE = 1024;
  private static final int MAX_HEADERS = 8 << 10;
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final HttpSettings settings;
  private final StatusPages pages;
  private final Duration deadline;

  /** Of the one thread. In the order they came. */
  private final Set<Channel> connections = new LinkedHashSet<>();

  private Optional<EventLoopGroup> loops = Optional.empty();
  private Optional<Channel> listener = Optional.empty();
  private volatile Optional<InetSocketAddress> address = Optional.empty();

  /** At rest; see {@link #start}. */
  public StatusServer(HttpSettings settings, StatusPages pages) {
    this(settings, pages, DEADLINE);
  }

  /**
   * @param deadline for request and answer together
   */
  StatusServer(HttpSettings settings, StatusPages pages, Duration deadline) {
    this.settings = settings;
    this.pages = pages;
    this.deadline = deadline;
  }

  /**
   * Listens, unless it is switched off.
   *
   * @throws WorkerStartException if the port cannot be had
   */
  public void start() {
    if (!settings.enabled()) {
      return;
    }
    Transports transport = Transports.best();
    EventLoopGroup group = transport.eventLoops(1, "piecework-http");
    loops = Optional.of(group);
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(transport.serverChannel())
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    Channel channel = listen(bootstrap);
    listener = Optional.of(channel);
    InetSocketAddress bound = (InetSocketAddress) channel.localAddress();
    address = Optional.of(bound);
    LOG.info(
        "metrics and health on http://{}:{}/",
        bound.getAddress() instanceof java.net.Inet6Address six
            ? "[" + six.getHostAddress() + "]"
            : bound.getAddress().getHostAddress(),
        bound.getPort());
  }

  private Channel listen(ServerBootstrap bootstrap) {
    ChannelFuture bound = bind(bootstrap, settings.port());
    if (!bound.isSuccess() && settings.port() == HttpSettings.DEFAULT_PORT) {
      LOG.warn(
          "port {} for metrics and health cannot be had ({}), by another worker on this host perhaps: taking any free one; set PIECEWORK_HTTP_PORT",
          settings.port(),
          reason(bound));
      bound = bind(bootstrap, 0);
    }
    if (!bound.isSuccess()) {
      throw new WorkerStartException(
          ExitCode.BAD_CONFIGURATION,
          "piecework.http.port: cannot listen on %s:%d (%s): choose another port, 0 for any, or set PIECEWORK_HTTP_ENABLED to false"
              .formatted(settings.address(), settings.port(), reason(bound)));
    }
    return bound.channel();
  }

  private ChannelFuture bind(ServerBootstrap bootstrap, int port) {
    return bootstrap
        .bind(new InetSocketAddress(settings.listenAddress(), port))
        .awaitUninterruptibly();
  }

  private static String reason(ChannelFuture failed) {
    return failed.cause() == null ? "unknown" : String.valueOf(failed.cause().getMessage());
  }

  private void accept(Channel channel) {
    if (connections.size() >= MAX_CONNECTIONS) {
      connections.iterator().next().close();
    }
    connections.add(channel);
    Future<?> end =
        channel
            .eventLoop()
            .schedule(() -> channel.close(), deadline.toMillis(), TimeUnit.MILLISECONDS);
    channel
        .closeFuture()
        .addListener(closed -> {
          connections.remove(channel);
          end.cancel(false);
        });
    channel
        .pipeline()
        .addLast(new HttpServerCodec(MAX_REQUEST_LINE, MAX_HEADERS, MAX_HEADERS))
        .addLast(new StatusHandler(pages));
  }

  /** Where it listens; empty while it does not. */
  public Optional<InetSocketAddress> address() {
    return address;
  }

  /** Closes the port and every connection. */
  @Override
  public void close() {
    address = Optional.empty();
    listener.ifPresent(channel -> channel.close().awaitUninterruptibly());
    listener = Optional.empty();
    loops.ifPresent(group -> {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      try {
        if (!group.awaitTermination(2, TimeUnit.SECONDS)) {
          LOG.warn("the thread for metrics and health is still at work after closing");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    loops = Optional.empty();
  }
}
