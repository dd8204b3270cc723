package dev.piecework.worker.store;

import dev.piecework.tls.TrustedAuthorities;
import io.minio.MinioAsyncClient;
import io.minio.credentials.Provider;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

/** The S3 client and the HTTP client under it. */
final class HttpClients {
  private static final int IDLE_CONNECTIONS = 16;
  private static final int IDLE_MINUTES = 2;

  /** A question that any store answers at once. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(10);

  private HttpClients() {}

  /** The S3 client over it. */
  static MinioAsyncClient s3(StoreSettings settings, Provider keys, OkHttpClient http) {
    MinioAsyncClient client =
        MinioAsyncClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .credentialsProvider(keys)
            .httpClient(http)
            .build();
    if (settings.pathStyle()) {
      client.disableVirtualStyleEndpoint();
    } else {
      client.enableVirtualStyleEndpoint();
    }
    return client;
  }

  /** The same connections, with less patience. */
  static OkHttpClient forProbe(OkHttpClient store) {
    return store.newBuilder().callTimeout(PROBE_LIMIT).build();
  }

  static OkHttpClient forStore(StoreSettings settings, StoreMeter meter) {
    Dispatcher dispatcher =
        new Dispatcher(
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("store-", 0).factory()));
    // OkHttp's own bound is 5 requests per host; ours are bounded before they get here.
    dispatcher.setMaxRequests(2 * StoreSettings.MAX_CONCURRENT_UPLOADS * 8);
    dispatcher.setMaxRequestsPerHost(2 * StoreSettings.MAX_CONCURRENT_UPLOADS * 8);
    TrustedAuthorities authorities = settings.authorities();
    return new OkHttpClient.Builder()
        .sslSocketFactory(authorities.context().getSocketFactory(), authorities.trustManager())
        .dispatcher(dispatcher)
        .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_MINUTES, TimeUnit.MINUTES))
        // One connection per request: HTTP/2 would put all parts behind one window.
        .protocols(List.of(Protocol.HTTP_1_1))
        .connectTimeout(settings.connectTimeout())
        .readTimeout(settings.readTimeout())
        .writeTimeout(settings.writeTimeout())
        .addInterceptor(meter)
        // Requests are repeated by us, aloud: a silent one may begin an upload that nobody knows.
        .retryOnConnectionFailure(false)
        // Requests are repeated by us, aloud: a silent one may begin an upload that nobody knows.
        .callTimeout(settings.callTimeout())
        .build();
  }
}
