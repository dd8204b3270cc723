package dev.piecework.standalone.embedded;

import java.lang.reflect.Field;
import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.shaded.org.eclipse.jetty.server.Server;

/** An S3 endpoint (S3Proxy) in this process, over plain files: nothing without a login. */
public final class EmbeddedStore implements AutoCloseable {
  /** Above the largest part (5 TiB / 10,000), so that no part needs chunked signing. */
  private static final long LARGEST_REQUEST_BYTES = 1L << 30;

  /** S3Proxy waits this long for requests under way when it stops. */
  private static final long STOP_MILLISECONDS = 2_000;

  private static final int HTTP_THREADS = 24;

  private final S3Proxy proxy;
  private final Login login;

  private EmbeddedStore(S3Proxy proxy, Login login) {
    this.proxy = proxy;
    this.login = login;
  }

  /**
   * Starts the endpoint.
   *
   * @param blobStore where buckets and objects are
   * @param port to listen on; 0 lets the system choose
   */
  public static EmbeddedStore start(BlobStore blobStore, int port, Login login)
      throws EmbeddedServiceException {
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(blobStore)
            .endpoint(URI.create("http://%s:%d".formatted(Loopback.ADDRESS, port)))
            .awsAuthentication(AuthenticationType.AWS_V4, login.user(), login.secret())
            .v4MaxNonChunkedRequestSize(LARGEST_REQUEST_BYTES)
            .jettyMaxThreads(HTTP_THREADS)
            .stopTimeout(STOP_MILLISECONDS)
            .build();
    guard(proxy);
    try {
      proxy.start();
    } catch (Exception e) {
      throw new EmbeddedServiceException(
          "the embedded object store cannot listen on %s:%d: %s"
              .formatted(Loopback.ADDRESS, port, e.getMessage()),
          e);
    }
    return new EmbeddedStore(proxy, login);
  }

  /**
   * Puts a check before all that S3Proxy does. It has no setting for this, hence the look at a
   * private field; where that is not found, the store does not start.
   */
  private static void guard(S3Proxy proxy) throws EmbeddedServiceException {
    try {
      Field field = S3Proxy.class.getDeclaredField("server");
      field.setAccessible(true);
      Server server = (Server) field.get(proxy);
      server.setHandler(new HostCheck(server.getHandler()));
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new EmbeddedServiceException(
          "the embedded object store cannot check whom requests are meant for: this version of S3Proxy is not known",
          e);
    }
  }

  /** {@code http://127.0.0.1:port}. */
  public URI endpoint() {
    return URI.create("http://%s:%d".formatted(Loopback.ADDRESS, proxy.getPort()));
  }

  /** Access key and secret key. */
  public Login login() {
    return login;
  }

  @Override
  public void close() throws EmbeddedServiceException {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new EmbeddedServiceException(
          "the embedded object store did not stop: " + e.getMessage(), e);
    }
  }
}
