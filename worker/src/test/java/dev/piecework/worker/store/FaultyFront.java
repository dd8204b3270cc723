package dev.piecework.worker.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * An HTTP proxy in front of the S3 server: passes requests on, unless a fault matches them. The
 * signature covers the Host header, so it must pass unchanged: the test JVM's argument {@code
 * jdk.httpclient.allowRestrictedHeaders} (pom) permits that, before any other test makes a client.
 */
public final class FaultyFront implements AutoCloseable {
  private static final Set<String> HOP_BY_HOP =
      Set.of("connection", "content-length", "transfer-encoding", "expect", "upgrade");

  private final HttpServer server;
  private final HttpClient client;
  private final int behind;
  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Map<String, String>> headers = new ConcurrentLinkedQueue<>();

  private FaultyFront(HttpServer server, int behind) {
    this.server = server;
    this.behind = behind;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
  }

  static FaultyFront before(int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    FaultyFront front = new FaultyFront(server, port);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", front::handle);
    server.start();
    return front;
  }

  /** As {@link #before}, over TLS. */
  static FaultyFront beforeOverTls(int port, SSLContext context) throws IOException {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    FaultyFront front = new FaultyFront(server, port);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", front::handle);
    server.start();
    return front;
  }

  URI endpoint() {
    String scheme = server instanceof HttpsServer ? "https" : "http";
    return URI.create(scheme + "://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Requests so far, as {@code PUT /data/key?partNumber=1}. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** The headers of each of {@link #requests}, names in lower case. */
  public List<Map<String, String>> headers() {
    return List.copyOf(headers);
  }

  /**
   * Answers the next {@code times} requests that match with an S3 error.
   *
   * @param line matched against {@code METHOD /path?query}
   */
  public void answer(Predicate<String> line, int times, int status, String code) {
    faults.add(new Fault(line, new AtomicInteger(times), Kind.ANSWER, status, code, NEVER));
  }

  /** Cuts the connection of the next requests that match, before the store sees them. */
  public void cut(Predicate<String> line, int times) {
    faults.add(new Fault(line, new AtomicInteger(times), Kind.CUT, 0, "", NEVER));
  }

  /** Passes the next requests that match on, and cuts the connection instead of answering. */
  public void loseAnswer(Predicate<String> line, int times) {
    faults.add(new Fault(line, new AtomicInteger(times), Kind.LOSE_ANSWER, 0, "", NEVER));
  }

  /** Holds requests that match until the latch opens. */
  public void hold(Predicate<String> line, CountDownLatch until) {
    faults.add(new Fault(line, new AtomicInteger(Integer.MAX_VALUE), Kind.HOLD, 0, "", until));
  }

  /** Behaves again. */
  public void heal() {
    faults.clear();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(line);
    headers.add(
        exchange.getRequestHeaders().entrySet().stream()
            .collect(
                Collectors.toMap(
                    header -> header.getKey().toLowerCase(Locale.ROOT),
                    header -> String.join(",", header.getValue()))));
    try {
      byte[] body = exchange.getRequestBody().readAllBytes();
      for (Fault fault : faults) {
        if (fault.line.test(line) && fault.left.getAndDecrement() > 0) {
          switch (fault.kind) {
            case ANSWER -> {
              error(exchange, fault.status, fault.code);
              return;
            }
            case CUT -> {
              return;
            }
            case LOSE_ANSWER -> {
              HttpResponse<byte[]> lost = pass(exchange, body);
              requests.add("lost " + lost.statusCode() + " " + line);
              return;
            }
            case HOLD -> fault.until.await(60, TimeUnit.SECONDS);
          }
        }
      }
      answer(exchange, pass(exchange, body));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private HttpResponse<byte[]> pass(HttpExchange exchange, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + behind + exchange.getRequestURI().toString()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          if (!HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
            values.forEach(value -> request.header(name, value));
          }
        });
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static void answer(HttpExchange exchange, HttpResponse<byte[]> response)
      throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    response
        .headers()
        .map()
        .forEach((name, values) -> {
          boolean keep = head && name.equalsIgnoreCase("content-length");
          if (keep || !HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
            values.forEach(value -> exchange.getResponseHeaders().add(name, value));
          }
        });
    byte[] body = response.body();
    exchange.sendResponseHeaders(response.statusCode(), body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  private static void error(HttpExchange exchange, int status, String code) throws IOException {
    byte[] body =
        "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>injected</Message></Error>"
            .formatted(code)
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/xml");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
  }

  private static final CountDownLatch NEVER = new CountDownLatch(0);

  private enum Kind {
    ANSWER,
    CUT,
    LOSE_ANSWER,
    HOLD
  }

  private record Fault(
      Predicate<String> line,
      AtomicInteger left,
      Kind kind,
      int status,
      String code,
      CountDownLatch until) {}
}
