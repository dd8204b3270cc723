package dev.piecework.tracker;

import dev.piecework.net.ErrorHook;
import dev.piecework.net.Transports;
import dev.piecework.tracker.AllowedHosts.Resolved;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import dev.piecework.tracker.HttpReplyReader.Reply;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * One announce over HTTP or HTTPS: name, connection, request, redirects, answer. Every host, that
 * of a redirect too, is resolved by us, its addresses are put before the address policy, and that
 * very address is connected to. An address that refuses, or is silent for its share of the time,
 * makes room for the host's next one, and comes last in the next announce. Lives on one event loop.
 */
final class HttpExchange {
  /** What all exchanges of a process share. */
  record Setup(
      Transports transport,
      AllowedHosts hosts,
      TrackerLimits limits,
      Scheduler scheduler,
      DeadAddresses dead,
      Supplier<SslContext> tls) {}

  private final Setup setup;
  private final EventLoop loop;
  private final CompletableFuture<AnnounceResult> result = new CompletableFuture<>();
  private final RedirectCookies cookies = new RedirectCookies();
  private final long deadlineNanos;
  private Optional<Attempt> attempt = Optional.empty();
  private Optional<Accepted> accepted = Optional.empty();
  private int redirects;

  private HttpExchange(Setup setup, EventLoop loop) {
    this.setup = setup;
    this.loop = loop;
    this.deadlineNanos = setup.scheduler.nanoTime() + setup.limits.httpTimeout().toNanos();
  }

  /** Begins; cancelling the result closes the connection. */
  static CompletableFuture<AnnounceResult> start(
      Setup setup, EventLoop loop, TrackerUrl.Http url, AnnounceRequest request) {
    HttpExchange exchange = new HttpExchange(setup, loop);
    Scheduler.Timer deadline =
        setup.scheduler.schedule(loop, setup.limits.httpTimeout(), exchange::timeIsOver);
    var _ =
        exchange.result.whenComplete((_, _) -> {
          deadline.cancel();
          loop.execute(exchange::closeConnection);
        });
    exchange.fetch(url, HttpQuery.of(url, request));
    return exchange.result;
  }

  /** Takes what has come, if it makes sense. */
  private void timeIsOver() {
    if (accepted.isPresent()) {
      result.complete(accepted.get()); // only names of peers are missing
      return;
    }
    attempt.ifPresent(Attempt::settle);
    fail("timed out after " + ConnectionFault.seconds(setup.limits.httpTimeout()));
  }

  private void fetch(TrackerUrl.Http url, String pathAndQuery) {
    var _ =
        setup
            .hosts
            .resolve(url.host(), url.port())
            .thenAcceptAsync(
                resolved -> {
                  switch (resolved) {
                    case Resolved.None none -> fail(none.reason());
                    case Resolved.Addresses found ->
                        connect(
                            url, pathAndQuery, setup.dead.order(found.addresses(), url.port()), 0);
                  }
                },
                loop)
            .exceptionally(defect -> {
              ErrorHook.of(loop).check(defect);
              fail("announce failed: " + ConnectionFault.message(defect));
              return null;
            });
  }

  private void connect(
      TrackerUrl.Http url, String pathAndQuery, List<InetSocketAddress> addresses, int index) {
    if (result.isDone()) {
      return;
    }
    Attempt next = new Attempt(url, pathAndQuery, addresses, index);
    attempt = Optional.of(next);
    next.start();
  }

  private void answered(TrackerUrl.Http from, Reply reply) {
    cookies.set(from, reply.cookies());
    if (reply.location().isPresent()) {
      redirect(from, reply.location().get());
      return;
    }
    AnnounceResult read = HttpAnswer.read(reply);
    if (read instanceof Accepted answer && !answer.named().isEmpty()) {
      accepted = Optional.of(answer.withPeers(answer.peers()));
      var _ =
          PeerNames.resolve(answer, setup.hosts)
              .thenAccept(result::complete)
              .exceptionally(defect -> {
                ErrorHook.of(loop).check(defect);
                result.complete(accepted.orElseThrow());
                return null;
              });
    } else {
      result.complete(read);
    }
  }

  private void redirect(TrackerUrl.Http from, String location) {
    if (++redirects > setup.limits.maxRedirects()) {
      fail("more than " + setup.limits.maxRedirects() + " redirects");
      return;
    }
    switch (from.redirect(location)) {
      case TrackerUrl.Http http when from.secure() && !http.secure() ->
          fail("redirected from https to http: refused, it would show the request to everybody");
      case TrackerUrl.Http http -> fetch(http, http.pathAndQuery());
      case TrackerUrl.Udp _ -> fail("redirected from HTTP to UDP, which is not possible");
      // Never the Location itself: it may repeat the passkey.
      case TrackerUrl.Unusable unusable ->
          fail("redirected to a URL that cannot be used: " + unusable.reason());
    }
  }

  private void fail(String message) {
    result.complete(new Failed(message));
  }

  private void closeConnection() {
    attempt.ifPresent(Attempt::close);
    attempt = Optional.empty();
  }

  /** One request to one address of the host. */
  private final class Attempt implements HttpBodyHandler.Reader {
    private final TrackerUrl.Http url;
    private final String pathAndQuery;
    private final List<InetSocketAddress> addresses;
    private final int index;
    private final HttpBodyHandler handler = new HttpBodyHandler(this);
    private Optional<Channel> open = Optional.empty();
    private Scheduler.Timer patience = Scheduler.Timer.none();
    private boolean over;

    Attempt(
        TrackerUrl.Http url, String pathAndQuery, List<InetSocketAddress> addresses, int index) {
      this.url = url;
      this.pathAndQuery = pathAndQuery;
      this.addresses = addresses;
      this.index = index;
    }

    void start() {
      ChannelFuture connecting =
          new Bootstrap()
              .group(loop)
              .channel(setup.transport.channel())
              .option(
                  ChannelOption.CONNECT_TIMEOUT_MILLIS,
                  (int) setup.limits.connectTimeout().toMillis())
              .handler(pipeline())
              .connect(addresses.get(index));
      open = Optional.of(connecting.channel());
      if (hasNext()) {
        long left = deadlineNanos - setup.scheduler.nanoTime();
        Duration share = Duration.ofNanos(Math.max(1, left / (addresses.size() - index)));
        patience = setup.scheduler.schedule(loop, share, () -> failed("timed out"));
      }
      connecting.addListener(
          ErrorHook.of(loop)
              .listener(done -> {
                if (done.isSuccess()) {
                  send(connecting.channel());
                } else {
                  failed(
                      ConnectionFault.describe(
                          done.cause(), addresses.get(index), setup.limits.connectTimeout()));
                }
              }));
    }

    private boolean hasNext() {
      return index + 1 < addresses.size();
    }

    private ChannelInitializer<SocketChannel> pipeline() {
      return ErrorHook.initializer(channel -> {
        if (url.secure()) {
          // With the name, so that the certificate is checked against it (RFC 9110, 4.3.4).
          channel
              .pipeline()
              .addLast(setup.tls.get().newHandler(channel.alloc(), url.host(), url.port()));
        }
        channel.pipeline().addLast(handler);
      });
    }

    private void send(Channel channel) {
      StringBuilder request = new StringBuilder();
      request.append("GET ").append(pathAndQuery).append(" HTTP/1.1\r\n");
      request.append("Host: ").append(url.authority()).append("\r\n");
      request.append("User-Agent: Piecework/0.1\r\n");
      request.append("Accept-Encoding: gzip\r\n");
      url.login()
          .ifPresent(
              login -> request.append("Authorization: ").append(login.header()).append("\r\n"));
      String cookie = cookies.header(url);
      if (!cookie.isEmpty()) {
        request.append("Cookie: ").append(cookie).append("\r\n");
      }
      request.append("Connection: close\r\n\r\n");
      channel
          .writeAndFlush(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII))
          .addListener(
              ErrorHook.of(loop)
                  .listener(done -> {
                    // A failed TLS handshake fails the write first, with less to say than the
                    // handler.
                    if (!done.isSuccess() && !url.secure()) {
                      failed(
                          "the request could not be sent: "
                              + ConnectionFault.message(done.cause()));
                    }
                  }));
    }

    @Override
    public void answered(Reply reply) {
      if (!over) {
        close();
        setup.dead.answered(addresses.get(index));
        HttpExchange.this.answered(url, reply);
      }
    }

    @Override
    public void failed(String message) {
      if (over) {
        return;
      }
      close();
      setup.dead.failed(addresses.get(index));
      if (hasNext()) {
        connect(url, pathAndQuery, addresses, index + 1);
      } else {
        fail(message);
      }
    }

    /** Nobody waits any longer: takes what has come, or notes that this address is silent. */
    void settle() {
      if (over) {
        return;
      }
      Optional<Reply> enough = handler.endNow();
      if (enough.isPresent()) {
        answered(enough.get());
      } else {
        setup.dead.failed(addresses.get(index));
      }
    }

    void close() {
      over = true;
      patience.cancel();
      if (open.isPresent()) {
        var _ = open.get().close();
      }
    }
  }
}
