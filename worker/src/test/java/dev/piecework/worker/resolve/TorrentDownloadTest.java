package dev.piecework.worker.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.testkit.PrivateAuthority;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.TransferException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redirects of a server that speaks TLS. */
class TorrentDownloadTest {
  private static final byte[] TORRENT = {1, 2, 3};
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final List<String> TRUST =
      List.of("javax.net.ssl.trustStore", "javax.net.ssl.trustStorePassword");

  private final AtomicInteger askedInTheClear = new AtomicInteger();

  @TempDir private Path folder = Path.of("");
  private HttpServer plain;
  private HttpsServer encrypted;
  private TorrentDownload download;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  TorrentDownloadTest() {}

  @BeforeEach
  void serve() throws Exception {
    PrivateAuthority authority = PrivateAuthority.in(folder);
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    plain = HttpServer.create(loopback, 0);
    plain.createContext(
        "/",
        exchange -> {
          askedInTheClear.incrementAndGet();
          answer(exchange, 200, TORRENT);
        });
    plain.start();
    encrypted = HttpsServer.create(loopback, 0);
    encrypted.setHttpsConfigurator(new HttpsConfigurator(context(authority.issue("server"))));
    encrypted.createContext("/torrent", exchange -> answer(exchange, 200, TORRENT));
    redirect("/down", "http://127.0.0.1:%d/torrent".formatted(plain.getAddress().getPort()));
    redirect("/same", "/torrent");
    encrypted.start();
    download = trusting(authority.certificate());
  }

  @AfterEach
  void stop() {
    download.close();
    plain.stop(0);
    encrypted.stop(0);
  }

  private void redirect(String path, String location) {
    encrypted.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().add("Location", location);
          answer(exchange, 302, new byte[0]);
        });
  }

  private static void answer(HttpExchange exchange, int code, byte[] body) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static Certificate certificate(Path pem) throws Exception {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(pem)));
  }

  private static SSLContext context(PrivateAuthority.Issued issued) throws Exception {
    String key = Files.readString(issued.key()).replaceAll("-----[A-Z ]+-----|\\s", "");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, PASSWORD);
    keys.setKeyEntry(
        "server",
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key))),
        PASSWORD,
        new Certificate[] {certificate(issued.certificate())});
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  /** The client takes Java's authorities, as they are when it is made. */
  private TorrentDownload trusting(Path authority) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, PASSWORD);
    store.setCertificateEntry("authority", certificate(authority));
    Path file = folder.resolve("trusted.p12");
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD);
    }
    System.setProperty(TRUST.getFirst(), file.toString());
    System.setProperty(TRUST.getLast(), new String(PASSWORD));
    try {
      return new TorrentDownload(
          AddressPolicy.everything(),
          new HostLookup(
              host -> List.of(InetAddress.getLoopbackAddress()), HostLookup.DEFAULT_TIMEOUT, 2),
          1000);
    } finally {
      TRUST.forEach(System::clearProperty);
    }
  }

  private URI url(String path) {
    return URI.create("https://127.0.0.1:%d%s".formatted(encrypted.getAddress().getPort(), path));
  }

  @Test
  void aRedirectWithinHttpsIsFollowed() throws Exception {
    assertThat(download.fetch(url("/same"), new Cancellation())).isEqualTo(TORRENT);
  }

  @Test
  void aRedirectFromHttpsToHttpIsRefusedAndNotAsked() {
    TransferException thrown =
        catchThrowableOfType(
            TransferException.class,
            () -> download.fetch(url("/down?passkey=secret"), new Cancellation()));

    assertThat(thrown.fault().kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
    assertThat(thrown.fault().message())
        .contains("redirects from https to http")
        .doesNotContain("secret");
    assertThat(askedInTheClear).hasValue(0);
  }
}
