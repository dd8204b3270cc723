package dev.piecework.tracker;

import static dev.piecework.tracker.TrackerFixture.assertAccepted;
import static dev.piecework.tracker.TrackerFixture.failure;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.PortRanges;
import dev.piecework.tracker.AnnounceResult.Accepted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Announces to trackers that write their HTTP by hand, byte for byte as the test says. */
class OddHttpTrackerTest {
  private static final String BODY = "d8:intervali1800e5:peers6:\1\2\3\4\0\1e";
  private static final String OK =
      "HTTP/1.1 200 OK\r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY;

  private final TrackerFixture fixture = new TrackerFixture(OddHttpTrackerTest::resolve);
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final ServerSocket server;
  private volatile UnaryOperator<String> script = _ -> OK;

  OddHttpTrackerTest() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().start(this::serve);
  }

  @AfterEach
  void stopAll() throws Exception {
    fixture.close();
    server.close();
  }

  private static List<InetAddress> resolve(String host) throws UnknownHostException {
    return switch (host) {
      case "dual.test" ->
          List.of(InetAddress.ofLiteral("127.0.0.3"), InetAddress.ofLiteral("127.0.0.1"));
      case "peer.test" -> List.of(InetAddress.ofLiteral("5.6.7.8"));
      case "other.test" -> List.of(InetAddress.ofLiteral("127.0.0.1"));
      default -> throw new UnknownHostException(host);
    };
  }

  private void serve() {
    while (true) {
      try (Socket socket = server.accept()) {
        socket.setSoTimeout(20_000);
        String request = head(socket);
        requests.add(request);
        socket.getOutputStream().write(script.apply(request).getBytes(ISO_8859_1));
        socket.shutdownOutput();
        socket.getInputStream().readAllBytes();
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
      }
    }
  }

  private static String head(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        break;
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private String url(String pathAndQuery) {
    return "http://127.0.0.1:" + server.getLocalPort() + pathAndQuery;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
        "\r\nHTTP/1.1 199 Whatever\nContent-Length: 5\n\n"
      })
  void interimAnswersAreSkipped(String interim) throws Exception {
    script = _ -> interim + OK;
    assertAccepted(fixture.announce(url("/announce")));
  }

  @Test
  void interimAnswersWithoutEndAreAFailure() throws Exception {
    script = _ -> "HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    assertThat(failure(fixture.announce(url("/announce")))).contains("more than 64 KiB of headers");
  }

  @Test
  void headerLinesMayEndWithALineFeedAlone() throws Exception {
    script = _ -> OK.replace("\r\n", "\n");
    assertAccepted(fixture.announce(url("/announce")));
  }

  @Test
  void oddHeaderLinesDoNotMatter() throws Exception {
    script =
        _ ->
            "http/1.0  200\r\nno colon\r\n folded: x\r\n: empty\r\nX-\0: \u00e9\0\r\n"
                + "Content-Length: many\r\n\r\n"
                + BODY;
    assertAccepted(fixture.announce(url("/announce")));
  }

  @Test
  void manyCookiesAreNoReasonToFail() throws Exception {
    script = _ -> OK.replaceFirst("\r\n", "\r\n" + cookies(36));
    assertAccepted(fixture.announce(url("/announce")));
  }

  private static String cookies(int count) {
    return ("Set-Cookie: c=" + "v".repeat(500) + "; Path=/\r\n").repeat(count);
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "0007", "1", "99999", "-1", "18446744073709551615"})
  void aWrongContentLengthIsOnlyAHint(String length) throws Exception {
    script = _ -> "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + BODY;
    assertAccepted(fixture.announce(url("/announce")));
  }

  @Test
  void chunksThatAreCutOffMayBeEnough() throws Exception {
    script =
        _ ->
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
                + Integer.toHexString(BODY.length())
                + ";x=y\r\n"
                + BODY
                + "\r\n";
    assertAccepted(fixture.announce(url("/announce")));
  }

  @Test
  void theBytesSayHowTheyAreCompressed() throws Exception {
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(BODY.getBytes(ISO_8859_1));
    }
    ByteArrayOutputStream zlib = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(zlib)) {
      out.write(BODY.getBytes(ISO_8859_1));
    }
    script = _ -> "HTTP/1.1 200 OK\r\n\r\n" + gzip.toString(ISO_8859_1);
    assertAccepted(fixture.announce(url("/announce")));
    script =
        _ -> "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + zlib.toString(ISO_8859_1);
    assertAccepted(fixture.announce(url("/announce")));
    script = _ -> "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + BODY;
    assertAccepted(fixture.announce(url("/announce")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/plain?pass=a|b", "plain?a b[1]{2}\"^`<>\\", "plain?n=\u00c3\u00a9"})
  void redirectsWithRawCharactersAreFollowed(String location) throws Exception {
    script =
        request ->
            request.startsWith("GET /plain")
                ? OK
                : "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n\r\n";
    assertAccepted(fixture.announce(url("/announce?authkey=9207|885|AJ2uIk80")));
    assertThat(requests).hasSize(2);
  }

  @Test
  void aLocationIsNeverShown() throws Exception {
    for (String location :
        new String[] {"http://[:passkey:/passkey", "passkey://x", "udp://passkey@127.0.0.1:1/"}) {
      script = _ -> "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n\r\n";
      assertThat(fixture.announce(url("/announce?passkey")).toString())
          .contains("redirected")
          .doesNotContain("passkey:/")
          .doesNotContain("passkey@");
    }
  }

  @Test
  void theLoginOfTheUrlIsSentToItsServerOnly() throws Exception {
    String authorization = "Authorization: Basic dXNlcjpwYSBzcw==";
    script =
        request ->
            !request.contains(authorization) && !request.contains("other.test")
                ? "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
                : request.startsWith("GET /auth")
                    ? "HTTP/1.1 302 Found\r\nLocation: /second\r\n\r\n"
                    : request.startsWith("GET /second")
                        ? "HTTP/1.1 302 Found\r\nLocation: http://other.test:%d/third\r\n\r\n"
                            .formatted(server.getLocalPort())
                        : OK;
    assertAccepted(
        fixture.announce("http://user:pa%20ss@127.0.0.1:" + server.getLocalPort() + "/auth"));
    assertThat(requests).hasSize(3);
    assertThat(requests.get(1)).contains(authorization);
    assertThat(requests.get(2)).doesNotContain("Authorization");
  }

  @Test
  void cookiesGoBackAlongAChainOfRedirectsToTheirServerOnly() throws Exception {
    script =
        request ->
            request.contains("other.test")
                ? OK
                : request.contains("Cookie: a=b; c=d=e")
                    ? "HTTP/1.1 302 Found\r\nLocation: http://other.test:%d/\r\n\r\n"
                        .formatted(server.getLocalPort())
                    : String.join(
                        "\r\n",
                        "HTTP/1.1 302 Found",
                        "Set-Cookie: a=b; Path=/",
                        "Set-Cookie: c=d=e",
                        "Set-Cookie: x=\0",
                        "Location: /announce\r\n\r\n");
    assertAccepted(fixture.announce(url("/announce")));
    assertThat(requests).hasSize(3);
    assertThat(requests.get(2)).doesNotContain("Cookie");
    requests.clear();
    assertAccepted(fixture.announce(url("/announce")));
    assertThat(requests.getFirst()).doesNotContain("Cookie");
  }

  @Test
  void refusedPortsAreNotConnectedToByRedirectsEither() throws Exception {
    fixture.policy(AddressPolicy.everything().refusingPorts(PortRanges.parse("25")));
    script = _ -> "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:25/\r\n\r\n";
    assertThat(failure(fixture.announce(url("/announce"))))
        .contains("port 25 refused by the port policy");
  }

  @Test
  void peersWithNamesAreLookedUp() throws Exception {
    String body =
        "d5:peersl"
            + "d2:ip7:1.2.3.44:porti1ee"
            + "d2:ip9:peer.test4:porti7ee"
            + "d2:ip12:unknown.test4:porti8eee"
            + "e";
    script = _ -> "HTTP/1.1 200 OK\r\n\r\n" + body;
    assertThat(fixture.announce(url("/announce")))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted ->
                assertThat(accepted.peers())
                    .containsExactly(
                        new InetSocketAddress(InetAddress.ofLiteral("1.2.3.4"), 1),
                        new InetSocketAddress(InetAddress.ofLiteral("5.6.7.8"), 7)));
  }

  @Test
  void theNextAddressIsTriedWhenOneIsSilentAndComesFirstTheNextTime() throws Exception {
    try (ServerSocket silent =
        new ServerSocket(server.getLocalPort(), 5, InetAddress.ofLiteral("127.0.0.3"))) {
      List<Socket> asked = new CopyOnWriteArrayList<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                asked.add(silent.accept());
              }
            } catch (IOException e) {
              // the test is over
            }
          });
      String url = "http://dual.test:" + server.getLocalPort() + "/a";
      CompletableFuture<AnnounceResult> result = fixture.start(url);
      Awaitility.await().until(() -> asked.size() == 1);
      fixture.clock.advance(Duration.ofSeconds(15));
      assertAccepted(result.get(20, TimeUnit.SECONDS));
      assertAccepted(fixture.announce(url));
      assertThat(asked).hasSize(1);
      for (Socket each : asked) {
        each.close();
      }
    }
  }
}
