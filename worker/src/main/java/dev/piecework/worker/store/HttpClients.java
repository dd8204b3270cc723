package dev.piecework.worker.store;

import dev.piecework.tls.TrustedAuthorities;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

/** The HTTP client under the S3 client. */
final class HttpClients {
  private static final int IDLE_CONNECTIONS = 16;
  private static final int IDLE_MINUTES = 2;

  private HttpClients() {}

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
