package dev.piecework.worker.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.worker.settings.HttpSettings;
import dev.piecework.worker.start.WorkerStartException;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusServerTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final Health health = new Health();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final List<StatusServer> servers = new ArrayList<>();

  @AfterEach
  void close() {
    servers.forEach(StatusServer::close);
  }

  private StatusServer server(int port, Duration deadline) {
    StatusServer server =
        new StatusServer(
            new HttpSettings(true, "127.0.0.1", port), new StatusPages(health, registry), deadline);
    servers.add(server);
    server.start();
    return server;
  }

  private static Socket connect(StatusServer server) throws IOException {
    InetSocketAddress address = server.address().orElseThrow();
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout((int) LONG.toMillis());
    return socket;
  }

  /** All that comes until the server closes. */
  private static String ask(StatusServer server, String request) throws IOException {
    try (Socket socket = connect(server)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String get(StatusServer server, String path) throws IOException {
    return ask(server, "GET " + path + " HTTP/1.1\r\nHost: here\r\n\r\n");
  }

  @Test
  void metricsAreInPrometheusTextFormat() throws IOException {
    registry.counter("piecework.test.things", "kind", "one").increment(3);
    assertThat(get(server(0, LONG), "/metrics"))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("text/plain; version=0.0.4")
        .contains("piecework_test_things_total{kind=\"one\"} 3.0\n");
  }

  @Test
  void healthIsTwoHundredOrServiceUnavailable() throws IOException {
    StatusServer server = server(0, LONG);
    assertThat(get(server, "/health/live")).startsWith("HTTP/1.1 200 OK").endsWith("alive\n");
    assertThat(get(server, "/health/ready")).startsWith("HTTP/1.1 503").contains("starting");
    health.up(Optional::empty);
    assertThat(get(server, "/health/ready?verbose")).startsWith("HTTP/1.1 200 OK");
    health.watch("outbox", () -> Optional.of("its thread has ended"));
    assertThat(get(server, "/health/live"))
        .startsWith("HTTP/1.1 503")
        .contains("outbox: its thread has ended");
  }

  @ParameterizedTest
  @CsvSource({"/, 200", "/nothing, 404", "/metrics/, 404", "*, 404", "/../metrics, 404"})
  void thereIsNothingElse(String path, int status) throws IOException {
    assertThat(get(server(0, LONG), path)).startsWith("HTTP/1.1 " + status);
  }

  @Test
  void headHasTheLengthAndNoBody() throws IOException {
    String answer = ask(server(0, LONG), "HEAD /health/live HTTP/1.1\r\nHost: here\r\n\r\n");
    assertThat(answer).contains("content-length: 6").endsWith("\r\n\r\n");
  }

  @Test
  void aBodyIsRefusedUnread() throws IOException {
    // Not a byte of it is sent: the answer does not wait for it.
    assertThat(
            ask(
                server(0, LONG),
                "POST /metrics HTTP/1.1\r\nHost: here\r\nContent-Length: 99999999999\r\n\r\n"))
        .startsWith("HTTP/1.1 405")
        .contains("allow: GET, HEAD");
  }

  @Test
  void aRequestLineOrHeadersWithoutAnEndAreRefused() throws IOException {
    StatusServer server = server(0, LONG);
    assertThat(ask(server, "GET /" + "x".repeat(2000))).startsWith("HTTP/1.1 400");
    assertThat(ask(server, "GET / HTTP/1.1\r\nA: " + "x".repeat(9000))).startsWith("HTTP/1.1 400");
    assertThat(ask(server, "\u0016\u0003\u0001 nonsense\r\n\r\n")).startsWith("HTTP/1.1 400");
  }

  @Test
  void whoeverIsSlowIsClosedUnanswered() throws IOException {
    assertThat(ask(server(0, Duration.ofMillis(200)), "GET /metrics HT")).isEmpty();
  }

  @Test
  void connectionsHeldOpenKeepNobodyOut() throws IOException {
    StatusServer server = server(0, LONG);
    List<Socket> held = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        Socket socket = connect(server);
        held.add(socket);
        OutputStream out = socket.getOutputStream();
        out.write("GET /metr".getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(get(server, "/health/live")).startsWith("HTTP/1.1 200 OK");
      // The first had to make room.
      assertThat(held.getFirst().getInputStream().readAllBytes()).isEmpty();
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
    }
  }

  @Test
  void aChosenPortThatIsTakenIsSaid() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> server(taken.getLocalPort(), LONG))
          .isInstanceOf(WorkerStartException.class)
          .hasMessageContaining("piecework.http.port")
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("PIECEWORK_HTTP_ENABLED");
    }
  }

  @Test
  void ofTwoWorkersOnAHostTheSecondTakesAnotherPort() {
    StatusServer first = server(HttpSettings.DEFAULT_PORT, LONG);
    StatusServer second = server(HttpSettings.DEFAULT_PORT, LONG);
    assertThat(second.address()).isPresent().isNotEqualTo(first.address());
  }

  @Test
  void itCanBeSwitchedOff() {
    StatusServer server =
        new StatusServer(
            new HttpSettings(false, "127.0.0.1", 0), new StatusPages(health, registry), LONG);
    server.start();
    assertThat(server.address()).isEmpty();
    server.close();
  }

  @Test
  void afterClosingNobodyListens() {
    StatusServer server = server(0, LONG);
    InetSocketAddress address = server.address().orElseThrow();
    server.close();
    assertThatThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close())
        .isInstanceOf(IOException.class);
  }
}
