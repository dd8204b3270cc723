package dev.piecework.worker.resolve;

import dev.piecework.net.AddressPolicy;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.resolve.GuardedSocketFactory.AddressRefusedException;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.TransferException;
import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/** Fetches torrent files from the web, where anybody may have put anything. */
final class TorrentDownload implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(60);
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_EARLY = 425;
  private static final int TOO_MANY_REQUESTS = 429;

  private final OkHttpClient client;
  private final int maxBytes;

  TorrentDownload(AddressPolicy policy, int maxBytes) {
    this.maxBytes = maxBytes;
    this.client =
        new OkHttpClient.Builder()
            // A proxy from the environment would connect in our place, past the policy.
            .proxy(Proxy.NO_PROXY)
            .socketFactory(new GuardedSocketFactory(policy))
            .protocols(List.of(Protocol.HTTP_1_1))
            .connectTimeout(CONNECT_TIMEOUT)
            .readTimeout(READ_TIMEOUT)
            .callTimeout(CALL_TIMEOUT)
            .connectionPool(new ConnectionPool(0, 1, java.util.concurrent.TimeUnit.SECONDS))
            .build();
  }

  /**
   * Fetches.
   *
   * @param cancellation cuts the connection
   * @throws TransferException with SOURCE_REFUSED, SOURCE_UNAVAILABLE or LIMIT_EXCEEDED
   */
  byte[] fetch(URI uri, Cancellation cancellation) throws TransferException {
    HttpUrl url = HttpUrl.get(uri);
    if (url == null) {
      throw refused(
          "the torrent URL %s is not one: expected http:// or https://".formatted(shown(uri)));
    }
    Request request =
        new Request.Builder()
            .url(url)
            .header("Accept", "application/x-bittorrent, */*;q=0.1")
            .header("User-Agent", "Piecework")
            .build();
    Call call = client.newCall(request);
    cancellation.onCancel(call::cancel);
    try (Response response = call.execute()) {
      if (!response.isSuccessful()) {
        throw answered(uri, response.code());
      }
      byte[] bytes = response.body().byteStream().readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new TransferException(
            new Fault(
                Fault.Kind.LIMIT_EXCEEDED,
                "the torrent at %s is larger than %d bytes, the most that is accepted"
                    .formatted(shown(uri), maxBytes)));
      }
      return bytes;
    } catch (IOException e) {
      throw failed(uri, e);
    }
  }

  private static TransferException failed(URI uri, IOException thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof AddressRefusedException refusal) {
        return new TransferException(
            new Fault(
                Fault.Kind.SOURCE_REFUSED,
                "the torrent URL %s may not be fetched: %s; an operator can allow it with PIECEWORK_NETWORK_ALLOW"
                    .formatted(shown(uri), refusal.getMessage())),
            thrown);
      }
    }
    return new TransferException(
        new Fault(
            Fault.Kind.SOURCE_UNAVAILABLE,
            "the torrent at %s could not be fetched: %s: %s"
                .formatted(
                    shown(uri),
                    thrown.getClass().getSimpleName(),
                    String.valueOf(thrown.getMessage()))),
        thrown);
  }

  private static TransferException answered(URI uri, int code) {
    boolean later =
        code >= 500 || code == REQUEST_TIMEOUT || code == TOO_EARLY || code == TOO_MANY_REQUESTS;
    return new TransferException(
        new Fault(
            later ? Fault.Kind.SOURCE_UNAVAILABLE : Fault.Kind.SOURCE_REFUSED,
            "the torrent at %s could not be fetched: the server answered HTTP %d%s"
                .formatted(shown(uri), code, later ? "" : "; check the URL")));
  }

  private static TransferException refused(String message) {
    return new TransferException(new Fault(Fault.Kind.SOURCE_REFUSED, message));
  }

  /** Without user, password, query and fragment, where secrets stand. */
  static String shown(URI uri) {
    String host = uri.getHost() == null ? "?" : uri.getHost();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    String path = uri.getPath() == null ? "" : uri.getPath();
    return uri.getScheme() + "://" + host + port + path;
  }

  @Override
  public void close() {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
