package dev.piecework.worker.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** A real S3 server over plain files with one bucket, behind a front that misbehaves on demand. */
public final class TestBucket implements AutoCloseable {
  /** The bucket that exists. */
  public static final String NAME = "data";

  /** What test objects come from. */
  public static final ObjectOrigin ORIGIN = new ObjectOrigin("a-job", "0123abcd");

  static final String ACCESS_KEY = "tester";
  static final String SECRET_KEY = "not-a-real-secret";

  private final Path folder;
  private final S3Proxy server;
  private final FaultyFront front;

  private TestBucket(Path folder, S3Proxy server, FaultyFront front) {
    this.folder = folder;
    this.server = server;
    this.front = front;
  }

  /** Starts with an empty bucket; buckets are folders of {@code folder}. */
  public static TestBucket start(Path folder) {
    try {
      Files.createDirectories(folder.resolve(NAME));
      S3Proxy server =
          S3Proxy.builder()
              .blobStore(new FilesystemNio2BlobStore(folder.toString()))
              .endpoint(URI.create("http://127.0.0.1:0"))
              .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
              // It has no classes, keys or roles; what it was asked can be seen at the front.
              .ignoreUnknownHeaders(true)
              .v4MaxNonChunkedRequestSize(64L << 20)
              .stopTimeout(0)
              .build();
      server.start();
      return new TestBucket(folder, server, FaultyFront.before(server.getPort()));
    } catch (Exception e) {
      throw new IllegalStateException("the S3 server does not start", e);
    }
  }

  /** The front: set faults there. */
  public FaultyFront front() {
    return front;
  }

  /** Another front of the same store, over TLS. */
  FaultyFront overTls(SSLContext context) throws IOException {
    return FaultyFront.beforeOverTls(server.getPort(), context);
  }

  /** What a client of the front needs, as properties. */
  Map<String, String> properties() {
    return Map.of(
        "piecework.store.endpoint", front.endpoint().toString(),
        "piecework.store.access-key", ACCESS_KEY,
        "piecework.store.secret-key", SECRET_KEY);
  }

  /** Settings for a client of the front, impatient. */
  public StoreSettings settings() {
    return settings(front.endpoint(), SECRET_KEY);
  }

  /** Settings with another endpoint or secret. */
  public static StoreSettings settings(URI endpoint, String secretKey) {
    return new StoreSettings(
        endpoint,
        "us-east-1",
        StoreLogin.STATIC,
        ACCESS_KEY,
        "",
        secretKey,
        "",
        "",
        "",
        true,
        3,
        Duration.ofSeconds(5),
        Duration.ofSeconds(20),
        Duration.ofSeconds(20),
        Duration.ofSeconds(60),
        3,
        Duration.ofMillis(10),
        Duration.ofMillis(40),
        Duration.ZERO,
        Duration.ofMillis(100),
        true);
  }

  /** The file behind an object. */
  public Path file(String key) {
    return folder.resolve(NAME).resolve(key);
  }

  /** The folder behind the bucket. */
  public Path folder() {
    return folder.resolve(NAME);
  }

  @Override
  public void close() {
    front.close();
    try {
      server.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException("the S3 server does not stop", e);
    }
  }
}
