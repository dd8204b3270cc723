package dev.piecework.worker.resolve;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.piecework.message.JobSource;
import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.net.PortRanges;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.settings.BucketSettings;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.TransferException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourceResolverTest {
  private static final byte[] TORRENT = {1, 2, 3};

  private final StoreGate store =
      new StoreGate() {
        @Override
        public void checkBucket(String bucket, Cancellation cancellation) {}

        @Override
        public byte[] read(String bucket, String key, int maxBytes, Cancellation cancellation) {
          return (bucket + "/" + key).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        }
      };
  private final HostLookup names =
      new HostLookup(
          host ->
              switch (host) {
                case "localhost", "other.test" -> List.of(InetAddress.getLoopbackAddress());
                default -> throw new UnknownHostException(host);
              },
          HostLookup.DEFAULT_TIMEOUT,
          2);
  private HttpServer server;

  private static BucketSettings buckets(String read) {
    return new BucketSettings(List.of("*"), List.of(read));
  }

  @SuppressWarnings("NullAway.Init") // JUnit sets the field before any test.
  SourceResolverTest() {}

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/good", exchange -> answer(exchange, 200, TORRENT));
    server.createContext("/missing", exchange -> answer(exchange, 404, new byte[0]));
    server.createContext("/busy", exchange -> answer(exchange, 429, new byte[0]));
    server.createContext("/broken", exchange -> answer(exchange, 503, new byte[0]));
    server.createContext(
        "/huge", exchange -> answer(exchange, 200, new byte[SourceResolver.MAX_TORRENT_BYTES + 1]));
    server.createContext(
        "/metadata-service",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "http://169.254.169.254/latest/");
          answer(exchange, 302, new byte[0]);
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private static void answer(HttpExchange exchange, int code, byte[] body) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private JobSource.Url url(String path) {
    return new JobSource.Url(
        URI.create("http://127.0.0.1:%d%s".formatted(server.getAddress().getPort(), path)));
  }

  private Fault fault(AddressPolicy policy, JobSource source) {
    try (SourceResolver resolver =
        new SourceResolver(policy, names, buckets("in*/torrents/"), store)) {
      TransferException thrown =
          catchThrowableOfType(
              TransferException.class, () -> resolver.resolve(source, new Cancellation()));
      return thrown.fault();
    }
  }

  @Test
  void fetchesFromTheWeb() throws Exception {
    try (SourceResolver resolver =
        new SourceResolver(AddressPolicy.everything(), names, buckets("in*/torrents/"), store)) {
      assertThat(resolver.resolve(url("/good"), new Cancellation())).isEqualTo(TORRENT);
    }
  }

  @Test
  void readsFromTheStoreAndFromTheMessage() throws Exception {
    try (SourceResolver resolver =
        new SourceResolver(AddressPolicy.everything(), names, buckets("in*/torrents/"), store)) {
      assertThat(
              resolver.resolve(new JobSource.StoredFile("inbox", "torrents/k"), new Cancellation()))
          .asString()
          .isEqualTo("inbox/torrents/k");
      assertThat(resolver.resolve(JobSource.Inline.of(TORRENT), new Cancellation()))
          .isEqualTo(TORRENT);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/missing,SOURCE_REFUSED",
    "/busy,SOURCE_UNAVAILABLE",
    "/broken,SOURCE_UNAVAILABLE",
    "/huge,LIMIT_EXCEEDED"
  })
  void saysWhetherTryingAgainMayHelp(String path, Fault.Kind kind) {
    assertThat(fault(AddressPolicy.everything(), url(path)).kind()).isEqualTo(kind);
  }

  @Test
  void refusesLoopbackWrittenAsAnAddressInServerMode() {
    Fault fault = fault(AddressPolicy.publicOnly(List.of()), url("/good"));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
    assertThat(fault.message()).contains("127.0.0.1").contains("PIECEWORK_NETWORK_ALLOW");
  }

  @Test
  void refusesANameThatLeadsToLoopback() {
    JobSource.Url named =
        new JobSource.Url(
            URI.create("http://localhost:%d/good".formatted(server.getAddress().getPort())));
    assertThat(fault(AddressPolicy.publicOnly(List.of()), named).kind())
        .isEqualTo(Fault.Kind.SOURCE_REFUSED);
  }

  @Test
  void asksThePolicyAboutRedirectsToo() {
    AddressPolicy loopbackOnly = InetAddress::isLoopbackAddress;
    Fault fault = fault(loopbackOnly, url("/metadata-service"));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
    assertThat(fault.message()).contains("169.254.169.254");
  }

  @Test
  void keepsPasswordsOutOfMessages() {
    JobSource.Url secret =
        new JobSource.Url(
            URI.create(
                "http://user:secret@127.0.0.1:%d/missing/secret?token=secret"
                    .formatted(server.getAddress().getPort())));
    assertThat(fault(AddressPolicy.everything(), secret).message()).doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({"inbox,other/k", "inbox,k", "secret,torrents/k", "in/x,torrents/k"})
  void objectsThatTheOperatorDoesNotAllowAreRefusedBeforeAnyRequest(String bucket, String key) {
    Fault fault = fault(AddressPolicy.everything(), new JobSource.StoredFile(bucket, key));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
    assertThat(fault.message()).contains("may not be read", "PIECEWORK_BUCKETS_READ_ALLOW");
  }

  @Test
  void aCookieComesBackAlongTheRedirectsToItsServerOnly() throws Exception {
    List<String> elsewhere = new CopyOnWriteArrayList<>();
    server.createContext(
        "/cookie",
        exchange -> {
          boolean back =
              String.valueOf(exchange.getRequestHeaders().getFirst("Cookie")).contains("a=b");
          exchange.getResponseHeaders().add("Set-Cookie", "a=b; Path=/nowhere; Domain=test");
          exchange.getResponseHeaders().add("Set-Cookie", "a=b; Path=/");
          exchange
              .getResponseHeaders()
              .add(
                  "Location",
                  back
                      ? "http://other.test:%d/elsewhere".formatted(server.getAddress().getPort())
                      : "/cookie?a b");
          answer(exchange, 302, new byte[0]);
        });
    server.createContext(
        "/elsewhere",
        exchange -> {
          elsewhere.add(String.valueOf(exchange.getRequestHeaders().getFirst("Cookie")));
          answer(exchange, 200, TORRENT);
        });
    try (SourceResolver resolver =
        new SourceResolver(AddressPolicy.everything(), names, buckets("*"), store)) {
      assertThat(resolver.resolve(url("/cookie"), new Cancellation())).isEqualTo(TORRENT);
    }
    assertThat(elsewhere).containsExactly("null");
  }

  @Test
  void redirectsWithoutEndAreRefused() {
    server.createContext(
        "/loop",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "/loop");
          answer(exchange, 302, new byte[0]);
        });
    Fault fault = fault(AddressPolicy.everything(), url("/loop"));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
    assertThat(fault.message()).contains("more than 10 redirects");
  }

  @Test
  void refusedPortsAreNotConnectedTo() {
    AddressPolicy policy =
        AddressPolicy.everything()
            .refusingPorts(PortRanges.parse(Integer.toString(server.getAddress().getPort())));
    Fault fault = fault(policy, url("/good"));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
    assertThat(fault.message())
        .contains("refused by the port policy", "PIECEWORK_NETWORK_REFUSED_PORTS");
  }

  @Test
  void aRedirectToARefusedPortIsRefused() {
    server.createContext(
        "/mail",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "http://127.0.0.1:25/");
          answer(exchange, 302, new byte[0]);
        });
    AddressPolicy policy = AddressPolicy.everything().refusingPorts(PortRanges.parse("25"));
    assertThat(fault(policy, url("/mail")).message()).contains("port 25");
  }

  @Test
  void anUnknownHostIsNamed() {
    Fault fault =
        fault(AddressPolicy.everything(), new JobSource.Url(URI.create("http://none.test/key/x")));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_UNAVAILABLE);
    assertThat(fault.message())
        .contains("no address for the host name none.test")
        .doesNotContain("key");
  }

  @Test
  void aServerThatAnswersWithAZeroByteLeavesNoneInTheFault() throws Exception {
    try (ServerSocket raw = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread serving =
          Thread.ofVirtual()
              .start(() -> {
                try (Socket client = raw.accept()) {
                  client.getOutputStream().write("NOT\0HTTP\r\n\r\n".getBytes(US_ASCII));
                  client.getOutputStream().flush();
                  client.shutdownOutput();
                  client.getInputStream().readAllBytes();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      JobSource.Url url =
          new JobSource.Url(URI.create("http://127.0.0.1:%d/t".formatted(raw.getLocalPort())));
      Fault fault = fault(AddressPolicy.everything(), url);
      assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_UNAVAILABLE);
      assertThat(fault.message()).contains("could not be fetched").doesNotContain("\0");
      serving.join();
    }
  }

  @Test
  void refusesMagnetLinksByName() {
    Fault fault = fault(AddressPolicy.everything(), new JobSource.Magnet("magnet:?xt=urn:btih:aa"));
    assertThat(fault.kind()).isEqualTo(Fault.Kind.SOURCE_UNSUPPORTED);
    assertThat(fault.message()).contains(".torrent");
  }
}
