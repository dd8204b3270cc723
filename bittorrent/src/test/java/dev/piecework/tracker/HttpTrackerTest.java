package dev.piecework.tracker;

import static dev.piecework.tracker.TrackerFixture.assertAccepted;
import static dev.piecework.tracker.TrackerFixture.failure;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.piecework.net.AddressPolicy;
import dev.piecework.net.Cidr;
import dev.piecework.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** HTTP announces over real sockets to a server that answers oddly. */
class HttpTrackerTest {
  private static final byte[] ANSWER =
      "d8:intervali1800e5:peers6:\1\2\3\4\0\1e".getBytes(ISO_8859_1);

  private final TrackerFixture fixture = new TrackerFixture(HttpTrackerTest::resolve);
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;

  HttpTrackerTest() throws IOException {
    server = HttpServer.create(Ports.loopback(0), 0);
  }

  @BeforeEach
  void startServer() {
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void stopAll() throws Exception {
    fixture.close();
    server.stop(0);
  }

  private static List<InetAddress> resolve(String host) throws UnknownHostException {
    return switch (host) {
      case "tracker.test" -> List.of(InetAddress.ofLiteral("127.0.0.1"));
      case "twofold.test" ->
          List.of(InetAddress.ofLiteral("127.0.0.99"), InetAddress.ofLiteral("127.0.0.1"));
      case "private.test" -> List.of(InetAddress.ofLiteral("10.0.0.1"));
      case "unknown.test" -> throw new UnknownHostException(host);
      default -> List.of(InetAddress.ofLiteral(host));
    };
  }

  private void answer(String path, int status, byte[] body, String... headers) {
    server.createContext(
        path,
        exchange -> {
          note(exchange);
          for (int i = 0; i < headers.length; i += 2) {
            exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
          }
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
  }

  private void note(HttpExchange exchange) {
    requests.add(exchange.getRequestURI().toASCIIString());
  }

  private String url(String host, String path) {
    return "http://" + host + ":" + server.getAddress().getPort() + path;
  }

  @Test
  void announcesAndReadsTheAnswer() throws Exception {
    answer("/announce", 200, ANSWER);
    assertAccepted(fixture.announce(url("tracker.test", "/announce?passkey=x")));
    assertThat(requests)
        .singleElement()
        .asString()
        .startsWith("/announce?passkey=x&info_hash=%01%23Eg%89%AB%CD%EF")
        .contains("&compact=1", "&event=started");
  }

  @Test
  void sendsTheHostThatWasAskedFor() throws Exception {
    List<String> hosts = new CopyOnWriteArrayList<>();
    server.createContext(
        "/announce",
        exchange -> {
          hosts.add(exchange.getRequestHeaders().getFirst("Host"));
          exchange.sendResponseHeaders(200, ANSWER.length);
          exchange.getResponseBody().write(ANSWER);
          exchange.close();
        });
    assertAccepted(fixture.announce(url("tracker.test", "/announce")));
    assertThat(hosts).containsExactly("tracker.test:" + server.getAddress().getPort());
  }

  @Test
  void readsGzip() throws Exception {
    answer("/announce", 200, gzip(ANSWER), "Content-Encoding", "gzip");
    assertAccepted(fixture.announce(url("127.0.0.1", "/announce")));
  }

  @Test
  void aGzipBombIsRefused() throws Exception {
    answer("/announce", 200, gzip(new byte[64 << 20]), "Content-Encoding", "gzip");
    assertThat(failure(fixture.announce(url("127.0.0.1", "/announce"))))
        .contains("answer larger than 1 MiB refused");
  }

  @Test
  void anAnswerOverOneMebibyteIsRefused() throws Exception {
    answer("/announce", 200, new byte[(1 << 20) + 1]);
    assertThat(failure(fixture.announce(url("127.0.0.1", "/announce"))))
        .isEqualTo("answer larger than 1 MiB refused");
  }

  @Test
  void anAnswerWithoutLengthEndsWithTheConnection() throws Exception {
    try (ServerSocket raw = rawServer("HTTP/1.0 200 OK\r\n\r\n" + new String(ANSWER, ISO_8859_1))) {
      assertAccepted(fixture.announce("http://127.0.0.1:" + raw.getLocalPort() + "/announce"));
    }
  }

  @Test
  void anAnswerCutShortIsAFailure() throws Exception {
    try (ServerSocket raw = rawServer("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nd8:inter")) {
      assertThat(failure(fixture.announce("http://127.0.0.1:" + raw.getLocalPort() + "/announce")))
          .containsAnyOf("connection closed", "answer is not HTTP");
    }
  }

  @Test
  void whatIsNotHttpIsAFailure() throws Exception {
    try (ServerSocket raw = rawServer("SSH-2.0-OpenSSH_9.2\r\n\r\n")) {
      assertThat(failure(fixture.announce("http://127.0.0.1:" + raw.getLocalPort() + "/announce")))
          .contains("answer is not HTTP");
    }
  }

  @Test
  void endlessHeadersAreAFailure() throws Exception {
    try (ServerSocket raw =
        rawServer("HTTP/1.1 200 OK\r\n" + "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(5000))) {
      assertThat(failure(fixture.announce("http://127.0.0.1:" + raw.getLocalPort() + "/announce")))
          .contains("more than 64 KiB of headers");
    }
  }

  @Test
  void followsRedirects() throws Exception {
    answer("/announce", 302, new byte[0], "Location", "/elsewhere?x=1");
    answer("/elsewhere", 200, ANSWER);
    assertAccepted(fixture.announce(url("tracker.test", "/announce")));
    assertThat(requests).last().asString().isEqualTo("/elsewhere?x=1");
  }

  @Test
  void redirectsInACircleEnd() throws Exception {
    answer("/announce", 301, new byte[0], "Location", "/announce");
    assertThat(failure(fixture.announce(url("127.0.0.1", "/announce"))))
        .isEqualTo("more than 5 redirects");
    assertThat(requests).hasSize(6);
  }

  @Test
  void redirectsToOtherProtocolsAreRefused() throws Exception {
    answer("/a", 301, new byte[0], "Location", "file:///etc/passwd");
    answer("/b", 301, new byte[0], "Location", "http://[:::/");
    answer("/c", 301, new byte[0], "Location", "udp://127.0.0.1:1/");
    assertThat(failure(fixture.announce(url("127.0.0.1", "/a")))).contains("redirected to a URL");
    assertThat(failure(fixture.announce(url("127.0.0.1", "/b")))).contains("redirected to");
    assertThat(failure(fixture.announce(url("127.0.0.1", "/c")))).contains("UDP");
  }

  @Test
  void thePolicyIsAskedAfterNameResolution() throws Exception {
    fixture.policy(AddressPolicy.publicOnly(List.of()));
    answer("/announce", 200, ANSWER);
    assertThat(failure(fixture.announce(url("tracker.test", "/announce"))))
        .contains("address 127.0.0.1 refused by the address policy", "loopback");
    assertThat(failure(fixture.announce(url("private.test", "/announce"))))
        .contains("address 10.0.0.1 refused by the address policy", "private");
    assertThat(requests).isEmpty();
  }

  @Test
  void thePolicyIsAskedAgainForARedirect() throws Exception {
    fixture.policy(AddressPolicy.publicOnly(Cidr.parseList("127.0.0.1")));
    answer("/announce", 302, new byte[0], "Location", "http://169.254.169.254/latest/meta-data");
    assertThat(failure(fixture.announce(url("tracker.test", "/announce"))))
        .contains("address 169.254.169.254 refused by the address policy", "metadata");
    assertThat(requests).hasSize(1);
  }

  @Test
  void theNextAddressIsTriedWhenOneRefuses() throws Exception {
    answer("/announce", 200, ANSWER);
    assertAccepted(fixture.announce(url("twofold.test", "/announce")));
  }

  @Test
  void aRefusedConnectionIsNamed() throws Exception {
    assertThat(failure(fixture.announce("http://127.0.0.1:1/announce")))
        .isEqualTo("connection refused by 127.0.0.1:1");
  }

  @Test
  void anUnknownHostIsNamed() throws Exception {
    assertThat(failure(fixture.announce("http://unknown.test/announce")))
        .isEqualTo("no address for the host name unknown.test");
  }

  @Test
  void aSlowTrackerIsGivenThirtySeconds() throws Exception {
    CompletableFuture<Void> reached = new CompletableFuture<>();
    CompletableFuture<Void> release = new CompletableFuture<>();
    server.createContext(
        "/announce",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('d');
          exchange.getResponseBody().flush();
          reached.complete(null);
          release.join();
        });
    CompletableFuture<AnnounceResult> result = fixture.start(url("127.0.0.1", "/announce"));
    reached.get(20, TimeUnit.SECONDS);
    fixture.clock.advance(Duration.ofSeconds(30).minusNanos(1));
    assertThat(result).isNotDone();
    fixture.clock.advance(Duration.ofNanos(1));
    assertThat(failure(result.get(20, TimeUnit.SECONDS))).isEqualTo("timed out after 30 s");
    release.complete(null);
  }

  @Test
  void closingEndsWhatIsAtWork() throws Exception {
    CompletableFuture<Void> reached = new CompletableFuture<>();
    CompletableFuture<Void> release = new CompletableFuture<>();
    server.createContext(
        "/announce",
        _ -> {
          reached.complete(null);
          release.join();
        });
    CompletableFuture<AnnounceResult> result = fixture.start(url("127.0.0.1", "/announce"));
    reached.get(20, TimeUnit.SECONDS);
    fixture.trackers().close();
    assertThat(result).isCancelled();
    assertThat(fixture.start(url("127.0.0.1", "/announce"))).isCancelled();
    release.complete(null);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  /** A server that says one thing to one client, and hangs up. */
  private static ServerSocket rawServer(String saying) throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual()
        .start(() -> {
          try (Socket socket = server.accept()) {
            byte[] request = new byte[4096];
            if (socket.getInputStream().read(request) > 0) {
              socket.getOutputStream().write(saying.getBytes(ISO_8859_1));
              socket.getOutputStream().flush();
              socket.shutdownOutput();
              while (socket.getInputStream().read(request) >= 0) {
                // until the client hangs up, so that nothing sent is lost in a reset
              }
            }
          } catch (IOException e) {
            // the client has gone
          }
        });
    return server;
  }
}
