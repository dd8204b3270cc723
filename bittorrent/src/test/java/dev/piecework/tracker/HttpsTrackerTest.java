package dev.piecework.tracker;

import static dev.piecework.tracker.TrackerFixture.failure;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.net.Transports;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.Processes;
import dev.piecework.tracker.AnnounceResult.Accepted;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS to a tracker whose certificate names {@code tracker.test}. */
class HttpsTrackerTest {
  private static final char[] PASSWORD = "password".toCharArray();
  private static final byte[] ANSWER = "d8:intervali1800ee".getBytes(ISO_8859_1);

  private static KeyStore store;

  private final TrackerFixture fixture =
      new TrackerFixture(_ -> List.of(InetAddress.ofLiteral("127.0.0.1")));
  private final X509Certificate certificate;
  private final HttpsServer server;

  @BeforeAll
  static void makeKeys(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("keys.p12");
    Processes.command(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "tracker",
            "-keyalg",
            "EC",
            "-dname",
            "CN=tracker",
            "-ext",
            "san=dns:tracker.test",
            "-storetype",
            "PKCS12",
            "-storepass",
            new String(PASSWORD),
            "-keystore",
            file.toString())
        .run(Duration.ofMinutes(1))
        .orThrow();
    store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
  }

  HttpsTrackerTest() throws Exception {
    certificate = (X509Certificate) store.getCertificate("tracker");
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), null, null);
    server = HttpsServer.create(Ports.loopback(0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
  }

  @BeforeEach
  void startServer() {
    server.createContext(
        "/announce",
        exchange -> {
          exchange.sendResponseHeaders(200, ANSWER.length);
          exchange.getResponseBody().write(ANSWER);
          exchange.close();
        });
    server.createContext(
        "/down",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "http://tracker.test:1/announce");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stopAll() throws Exception {
    server.stop(0);
    fixture.close();
  }

  private SslContext trustingTheTracker() throws Exception {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.JDK)
        .endpointIdentificationAlgorithm("HTTPS")
        .trustManager(certificate)
        .build();
  }

  private AnnounceResult announce(String host, String path) throws Exception {
    return fixture.announce("https://" + host + ":" + server.getAddress().getPort() + path);
  }

  @Test
  void announcesToATrackerWhoseCertificateIsTrusted() throws Exception {
    SslContext trusting = trustingTheTracker();
    fixture.tls(() -> trusting);
    assertThat(announce("tracker.test", "/announce")).isInstanceOf(Accepted.class);
  }

  @Test
  void refusesACertificateForAnotherName() throws Exception {
    SslContext trusting = trustingTheTracker();
    fixture.tls(() -> trusting);
    assertThat(failure(announce("other.test", "/announce")))
        .startsWith("TLS failed: ")
        .contains("other.test");
  }

  @Test
  void refusesACertificateThatNobodyTrusts() throws Exception {
    EventLoopGroup loops = Transports.best().eventLoops(1, "test");
    try (Trackers trackers =
        new Trackers(
            loops,
            Transports.best(),
            HostLookup.system(),
            AddressPolicy.everything(),
            TrackerLimits.defaults())) {
      // By address: this one asks the real name service and has the JDK's real trust store.
      String url = "https://127.0.0.1:" + server.getAddress().getPort() + "/announce";
      AnnounceResult result =
          trackers
              .client()
              .announce(TrackerUrl.parse(url), Announces.started())
              .get(30, TimeUnit.SECONDS);
      assertThat(failure(result)).startsWith("TLS failed: ").contains("certif");
    } finally {
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void refusesToBeRedirectedToPlainHttp() throws Exception {
    SslContext trusting = trustingTheTracker();
    fixture.tls(() -> trusting);
    assertThat(failure(announce("tracker.test", "/down")))
        .contains("redirected from https to http: refused");
  }

  @Test
  void aPortThatDoesNotSpeakTlsIsNamed() throws Exception {
    SslContext trusting = trustingTheTracker();
    fixture.tls(() -> trusting);
    try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual().start(() -> answerInPlainText(plain));
      assertThat(failure(fixture.announce("https://tracker.test:" + plain.getLocalPort())))
          .startsWith("TLS failed");
    }
  }

  @Test
  void anErrorWhileAConnectionIsSetUpReachesTheHook() throws Exception {
    NoClassDefFoundError missing = new NoClassDefFoundError("provoked");
    fixture.tls(() -> {
      throw missing;
    });
    assertThat(failure(announce("tracker.test", "/announce"))).isNotBlank();
    assertThat(fixture.errors).contains(missing);
  }

  @Test
  void anErrorBetweenTheStepsOfAnAnnounceReachesTheHook() throws Exception {
    StackOverflowError tooDeep = new StackOverflowError("provoked");
    fixture.policy(_ -> {
      throw tooDeep;
    });
    assertThat(failure(announce("127.0.0.1", "/announce"))).contains("provoked");
    assertThat(fixture.errors).contains(tooDeep);
  }

  private static void answerInPlainText(ServerSocket server) {
    try (Socket client = server.accept()) {
      if (client.getInputStream().read() >= 0) {
        client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(ISO_8859_1));
        client.getInputStream().readAllBytes();
      }
    } catch (IOException e) {
      // the client has gone
    }
  }
}
