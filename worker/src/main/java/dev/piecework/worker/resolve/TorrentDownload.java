package dev.piecework.worker.resolve;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.text.ForeignText;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.resolve.GuardedSocketFactory.AddressRefusedException;
import dev.piecework.worker.resolve.LookupDns.NoAddressException;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.TransferException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Fetches torrent files from the web, where anybody may have put anything. Redirects are followed
 * here and not by the client, so that each one is judged: port, scheme, and, when it connects, the
 * address. What a message shows of a URL is its server: path and query may hold a passkey.
 */
final class TorrentDownload implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration CHAIN_TIMEOUT = Duration.ofSeconds(60);
  private static final int MAX_REDIRECTS = 10;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_EARLY = 425;
  private static final int TOO_MANY_REQUESTS = 429;

  private final OkHttpClient client;
  private final AddressPolicy policy;
  private final int maxBytes;

  TorrentDownload(AddressPolicy policy, HostLookup names, int maxBytes) {
    this.policy = policy;
    this.maxBytes = maxBytes;
    this.client =
        new OkHttpClient.Builder()
            // A proxy from the environment would connect in our place, past the policy.
            .proxy(Proxy.NO_PROXY)
            .dns(new LookupDns(names))
            .socketFactory(new GuardedSocketFactory(policy))
            .protocols(List.of(Protocol.HTTP_1_1))
            .followRedirects(false)
            .connectTimeout(CONNECT_TIMEOUT)
            .readTimeout(READ_TIMEOUT)
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
    ChainCookies cookies = new ChainCookies();
    long deadlineNanos = System.nanoTime() + CHAIN_TIMEOUT.toNanos();
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      Optional<String> port = policy.reasonPortRefused(url.port());
      if (port.isPresent()) {
        throw mayNot(uri, port.get(), "PIECEWORK_NETWORK_REFUSED_PORTS");
      }
      Call call = client.newCall(request(url, cookies));
      call.timeout().deadlineNanoTime(deadlineNanos);
      cancellation.onCancel(call::cancel);
      try (Response response = call.execute()) {
        cookies.set(url, response);
        String location = response.header("Location");
        if (!response.isRedirect() || location == null) {
          return body(uri, response);
        }
        url = redirect(uri, url, location);
      } catch (IOException e) {
        throw failed(uri, e);
      }
    }
    throw refused(
        "the torrent at %s could not be fetched: more than %d redirects"
            .formatted(shown(uri), MAX_REDIRECTS));
  }

  private static Request request(HttpUrl url, ChainCookies cookies) {
    Request.Builder request =
        new Request.Builder()
            .url(url)
            .header("Accept", "application/x-bittorrent, */*;q=0.1")
            .header("User-Agent", "Piecework");
    String cookie = cookies.header(url);
    return cookie.isEmpty() ? request.build() : request.header("Cookie", cookie).build();
  }

  private static HttpUrl redirect(URI asked, HttpUrl from, String location)
      throws TransferException {
    HttpUrl to = from.resolve(location.strip());
    if (to == null) {
      throw refused(
          "the torrent URL %s redirects to what is no URL: expected http:// or https://"
              .formatted(shown(asked)));
    }
    if (from.isHttps() && !to.isHttps()) {
      throw refused(
          "the torrent URL %s redirects from https to http: refused, it would show the request to everybody"
              .formatted(shown(asked)));
    }
    return to;
  }

  private byte[] body(URI uri, Response response) throws IOException, TransferException {
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
  }

  private static TransferException failed(URI uri, IOException thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof AddressRefusedException refusal) {
        return mayNot(uri, String.valueOf(refusal.getMessage()), "PIECEWORK_NETWORK_ALLOW");
      }
    }
    return new TransferException(
        new Fault(
            Fault.Kind.SOURCE_UNAVAILABLE,
            "the torrent at %s could not be fetched: %s".formatted(shown(uri), words(thrown))),
        thrown);
  }

  /** Our own words: those of the client quote the server, and name classes. */
  private static String words(IOException thrown) {
    return switch (thrown) {
      case NoAddressException none -> String.valueOf(none.getMessage());
      case SSLException tls -> "TLS failed: " + ForeignText.line(innermost(tls));
      case InterruptedIOException _ -> "the server did not answer in time";
      case NoRouteToHostException _ -> "no route to the server";
      case ConnectException _ -> "the server does not accept connections";
      case ProtocolException _ -> "the answer is not HTTP, or was cut short";
      default -> "the connection failed or was closed: " + ForeignText.line(innermost(thrown), 80);
    };
  }

  private static String innermost(Throwable thrown) {
    Throwable innermost = thrown;
    for (int depth = 0; depth < 10 && innermost.getCause() != null; depth++) {
      innermost = innermost.getCause();
    }
    return innermost.getMessage() == null
        ? innermost.getClass().getSimpleName()
        : innermost.getMessage();
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

  private static TransferException mayNot(URI uri, String why, String variable) {
    return refused(
        "the torrent URL %s may not be fetched: %s; an operator can allow it with %s"
            .formatted(shown(uri), why, variable));
  }

  private static TransferException refused(String message) {
    return new TransferException(new Fault(Fault.Kind.SOURCE_REFUSED, message));
  }

  /** The server alone: user, password, path, query and fragment are where secrets stand. */
  static String shown(URI uri) {
    String host = uri.getHost() == null ? "?" : uri.getHost();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme() + "://" + host + port + "/...";
  }

  @Override
  public void close() {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
