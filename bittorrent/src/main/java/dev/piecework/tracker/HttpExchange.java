package dev.piecework.tracker;

import dev.piecework.net.Transports;
import dev.piecework.text.ForeignText;
import dev.piecework.tracker.AllowedHosts.Resolved;
import dev.piecework.tracker.AnnounceResult.Failed;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContentDecompressor;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * One announce over HTTP or HTTPS: name, connection, request, redirects, answer. Every host, that
 * of a redirect too, is resolved by us, its addresses are put before the address policy, and that
 * very address is connected to. Lives on one event loop.
 */
final class HttpExchange {
  private static final int MAX_INITIAL_LINE_BYTES = 8192;
  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int MAX_CHUNK_BYTES = 16 * 1024;

  /** What all exchanges of a process share. */
  record Setup(
      Transports transport,
      AllowedHosts hosts,
      TrackerLimits limits,
      Scheduler scheduler,
      Supplier<SslContext> tls) {}

  private final Setup setup;
  private final EventLoop loop;
  private final CompletableFuture<AnnounceResult> result = new CompletableFuture<>();
  private Optional<Channel> open = Optional.empty();
  private int redirects;

  private HttpExchange(Setup setup, EventLoop loop) {
    this.setup = setup;
    this.loop = loop;
  }

  /** Begins; cancelling the result closes the connection. */
  static CompletableFuture<AnnounceResult> start(
      Setup setup, EventLoop loop, TrackerUrl.Http url, AnnounceRequest request) {
    HttpExchange exchange = new HttpExchange(setup, loop);
    Scheduler.Timer deadline =
        setup.scheduler.schedule(
            loop,
            setup.limits.httpTimeout(),
            () ->
                exchange.fail(
                    "timed out after " + ConnectionFault.seconds(setup.limits.httpTimeout())));
    var _ =
        exchange.result.whenComplete((_, _) -> {
          deadline.cancel();
          loop.execute(exchange::closeConnection);
        });
    exchange.fetch(url, HttpQuery.of(url, request));
    return exchange.result;
  }

  private void fetch(TrackerUrl.Http url, String pathAndQuery) {
    var _ =
        setup
            .hosts
            .resolve(url.host())
            .thenAcceptAsync(
                resolved -> {
                  switch (resolved) {
                    case Resolved.None none -> fail(none.reason());
                    case Resolved.Addresses found ->
                        connect(url, pathAndQuery, found.addresses(), 0);
                  }
                },
                loop)
            .exceptionally(defect -> {
              fail("announce failed: " + defect);
              return null;
            });
  }

  private void connect(
      TrackerUrl.Http url, String pathAndQuery, List<InetAddress> addresses, int index) {
    if (result.isDone()) {
      return;
    }
    InetSocketAddress address = new InetSocketAddress(addresses.get(index), url.port());
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channel(setup.transport.channel())
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                (int) setup.limits.connectTimeout().toMillis())
            .handler(pipeline(url))
            .connect(address);
    open = Optional.of(connecting.channel());
    connecting.addListener(done -> {
      if (done.isSuccess()) {
        send(connecting.channel(), url, pathAndQuery);
      } else if (index + 1 < addresses.size()) {
        connect(url, pathAndQuery, addresses, index + 1);
      } else {
        fail(ConnectionFault.describe(done.cause(), address, setup.limits.connectTimeout()));
      }
    });
  }

  private ChannelInitializer<SocketChannel> pipeline(TrackerUrl.Http url) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(SocketChannel channel) {
        if (url.secure()) {
          // With the name, so that the certificate is checked against it (RFC 9110, 4.3.4).
          channel
              .pipeline()
              .addLast(setup.tls.get().newHandler(channel.alloc(), url.host(), url.port()));
        }
        channel
            .pipeline()
            .addLast(new HttpClientCodec(MAX_INITIAL_LINE_BYTES, MAX_HEADER_BYTES, MAX_CHUNK_BYTES))
            // One megabyte in one go at most: a few kilobytes of gzip can become gigabytes.
            .addLast(new HttpContentDecompressor(false, HttpAnswer.MAX_BYTES))
            .addLast(
                new HttpBodyHandler(
                    new HttpBodyHandler.Reader() {
                      @Override
                      public void redirected(String location) {
                        redirect(url, location);
                      }

                      @Override
                      public void answered(int status, byte[] body) {
                        result.complete(HttpAnswer.read(status, body));
                      }

                      @Override
                      public void failed(String message) {
                        fail(message);
                      }
                    }));
      }
    };
  }

  private void send(Channel channel, TrackerUrl.Http url, String pathAndQuery) {
    FullHttpRequest get =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, pathAndQuery);
    get.headers()
        .set(HttpHeaderNames.HOST, url.authority())
        .set(HttpHeaderNames.USER_AGENT, "Piecework/0.1")
        .set(HttpHeaderNames.ACCEPT_ENCODING, "gzip")
        .set(HttpHeaderNames.CONNECTION, "close");
    channel
        .writeAndFlush(get)
        .addListener(done -> {
          // A failed TLS handshake fails the write first, with less to say than the handler.
          if (!done.isSuccess() && !url.secure()) {
            fail("the request could not be sent: " + ForeignText.line(done.cause().toString()));
          }
        });
  }

  private void redirect(TrackerUrl.Http from, String location) {
    closeConnection();
    if (++redirects > setup.limits.maxRedirects()) {
      fail("more than " + setup.limits.maxRedirects() + " redirects");
      return;
    }
    TrackerUrl target;
    try {
      target = TrackerUrl.parse(URI.create(from.text()).resolve(location.strip()).toString());
    } catch (IllegalArgumentException e) {
      fail("redirected to something that is not a URL: " + ForeignText.line(location));
      return;
    }
    switch (target) {
      case TrackerUrl.Http http when from.secure() && !http.secure() ->
          fail("redirected from https to http: refused, it would show the request to everybody");
      case TrackerUrl.Http http -> fetch(http, http.pathAndQuery());
      case TrackerUrl.Udp _ -> fail("redirected from HTTP to UDP, which is not possible");
      case TrackerUrl.Unusable unusable ->
          fail("redirected to a URL that cannot be used: " + unusable.reason());
    }
  }

  private void fail(String message) {
    result.complete(new Failed(message));
  }

  private void closeConnection() {
    if (open.isPresent()) {
      var _ = open.get().close();
    }
    open = Optional.empty();
  }
}
