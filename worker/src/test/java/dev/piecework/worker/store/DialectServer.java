package dev.piecework.worker.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A store in memory that plays the dialects of real ones: a switch for each peculiarity, such as
 * {@code no-crc32c} or {@code parallel=2}. Without any it is a plain store that knows all of S3's
 * checksums. Signatures are not checked; {@link DialectObjects} holds what it keeps.
 */
public final class DialectServer implements AutoCloseable {
  public static final String BUCKET = "data";

  private final HttpServer server;
  private final Map<String, String> switches = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final Set<String> redirected = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<Request> requests = new ConcurrentLinkedQueue<>();
  private final DialectObjects objects = new DialectObjects(this);

  private DialectServer(HttpServer server) {
    this.server = server;
  }

  /**
   * A request as it came.
   *
   * @param headers names in lower case
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Request(
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      byte[] body) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }

    boolean has(String name) {
      return headers.containsKey(name);
    }
  }

  /** What is answered; a status of 0 cuts the connection. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Answer(int status, Map<String, String> headers, byte[] body) {
    static final Answer CUT = new Answer(0, Map.of(), new byte[0]);

    static Answer of(int status, Map<String, String> headers) {
      return new Answer(status, headers, new byte[0]);
    }

    static Answer xml(String document) {
      return new Answer(200, Map.of(), document.getBytes(StandardCharsets.UTF_8));
    }

    static Answer error(int status, String code, String words, String more) {
      return new Answer(
          status,
          Map.of(),
          "<Error><Code>%s</Code><Message>%s</Message>%s</Error>"
              .formatted(code, words, more)
              .getBytes(StandardCharsets.UTF_8));
    }

    static Answer error(int status, String code, String words) {
      return error(status, code, words, "");
    }

    Answer with(String name, String value) {
      Map<String, String> more = new HashMap<>(headers);
      more.put(name, value);
      return new Answer(status, more, body);
    }
  }

  /**
   * @param dialect switches with commas between them; empty for a plain store
   */
  public static DialectServer start(String dialect) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    DialectServer server = new DialectServer(http);
    server.speak(dialect);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", server::handle);
    http.start();
    return server;
  }

  /** Speaks otherwise from now on. */
  public void speak(String dialect) {
    switches.clear();
    counts.clear();
    for (String each : dialect.split(",", -1)) {
      if (!each.isBlank()) {
        String[] parts = each.strip().split("=", 2);
        switches.put(parts[0], parts.length > 1 ? parts[1] : "");
      }
    }
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  void forgetRequests() {
    requests.clear();
  }

  public DialectObjects objects() {
    return objects;
  }

  boolean has(String name) {
    return switches.containsKey(name);
  }

  int number(String name) {
    String value = switches.getOrDefault(name, "");
    return value.isEmpty() ? 0 : Integer.parseInt(value);
  }

  /** Whether a switch that counts down still holds. */
  boolean take(String name) {
    return has(name) && count(name) <= number(name);
  }

  /** Whether it is a switch's Nth time. */
  boolean nth(String name) {
    return has(name) && count(name) % number(name) == 0;
  }

  int count(String name) {
    return counts.computeIfAbsent(name, any -> new AtomicInteger()).incrementAndGet();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> headers = new HashMap<>();
      exchange
          .getRequestHeaders()
          .forEach((name, values) ->
              headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
      Request request =
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getRawPath(),
              query(exchange.getRequestURI().getRawQuery()),
              headers,
              exchange.getRequestBody().readAllBytes());
      requests.add(request);
      send(exchange, request, answer(request));
    }
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String each : raw.split("&", -1)) {
        String[] parts = each.split("=", 2);
        query.put(decode(parts[0]), parts.length > 1 ? decode(parts[1]) : "");
      }
    }
    return query;
  }

  static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private void send(HttpExchange exchange, Request request, Answer answer) throws IOException {
    if (answer.status() == 0) {
      return;
    }
    byte[] body = answer.body();
    if (has("xml-utf16") && body.length > 0 && body[0] == '<') {
      body =
          ("<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + new String(body, StandardCharsets.UTF_8))
              .getBytes(StandardCharsets.UTF_16);
    }
    exchange.getResponseHeaders().add("x-amz-request-id", "played");
    if (body.length > 0 && body[0] == '<') {
      exchange.getResponseHeaders().add("Content-Type", "application/xml");
    }
    answer.headers().forEach(exchange.getResponseHeaders()::add);
    boolean head = request.method().equals("HEAD");
    exchange.sendResponseHeaders(answer.status(), head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  private Answer answer(Request request) {
    Optional<Answer> refusal = general(request);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    String path = request.path();
    if (path.equals("/")) {
      return Answer.xml(
          "<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets><Bucket><Name>data</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>");
    }
    String[] names = path.substring(1).split("/", 2);
    if (!names[0].equals(BUCKET)) {
      return Answer.error(404, "NoSuchBucket", "The specified bucket does not exist");
    }
    String key = names.length > 1 ? decode(names[1]) : "";
    return key.isEmpty() ? ofBucket(request) : objects.answer(request, key);
  }

  /** What is refused whatever it is. */
  private Optional<Answer> general(Request request) {
    List<String> sums =
        request.headers().keySet().stream()
            .filter(
                name -> name.startsWith("x-amz-checksum") || name.startsWith("x-amz-sdk-checksum"))
            .toList();
    if (has("skew")) {
      return Optional.of(Answer.error(403, "RequestTimeTooSkewed", "The difference is too large."));
    }
    if (has("no-checksum-headers") && !sums.isEmpty()) {
      return Optional.of(
          Answer.error(
              400,
              "InvalidArgument",
              "Unsupported header '%s' received for this API call.".formatted(sums.getFirst())));
    }
    if (has("no-checksum-mode") && request.has("x-amz-checksum-mode")) {
      return Optional.of(Answer.error(400, "InvalidArgument", "Unsupported header"));
    }
    if (has("sign-accept-encoding")
        && request.header("authorization").toLowerCase(Locale.ROOT).contains("accept-encoding")) {
      return Optional.of(Answer.error(403, "SignatureDoesNotMatch", "no"));
    }
    if (nth("slow-429")) {
      return Optional.of(
          Answer.error(429, "TooManyRequests", "Please reduce your request rate.")
              .with("Retry-After", "1"));
    }
    if (nth("slow-503")) {
      return Optional.of(
          Answer.error(503, "SlowDown", "Please reduce your request rate.")
              .with("Retry-After", "1"));
    }
    if (nth("html-502")) {
      return Optional.of(
          new Answer(
              502, Map.of(), "<html><body>nginx</body></html>".getBytes(StandardCharsets.UTF_8)));
    }
    if (has("redirect-301")) {
      return Optional.of(
          Answer.error(
                  301,
                  "PermanentRedirect",
                  "The bucket must be addressed using the specified endpoint.",
                  "<Endpoint>data.s3.eu-north-1.amazonaws.com</Endpoint>")
              .with("x-amz-bucket-region", "eu-north-1"));
    }
    if (has("redirect-400")) {
      return Optional.of(
          Answer.error(
              400,
              "AuthorizationHeaderMalformed",
              "the region 'us-east-1' is wrong; expecting 'eu-north-1'",
              "<Region>eu-north-1</Region>"));
    }
    if (has("redirect-307") && redirected.add(request.path())) {
      return Optional.of(
          Answer.error(307, "TemporaryRedirect", "Please re-send this request.")
              .with(
                  "Location",
                  "http://127.0.0.1:%d%s".formatted(number("redirect-307"), target(request))));
    }
    if (has("redirect-elsewhere")) {
      return Optional.of(
          Answer.error(307, "TemporaryRedirect", "Please re-send this request.")
              .with("Location", "http://localhost:%d%s".formatted(port(), request.path())));
    }
    boolean writes = request.method().equals("PUT") || request.method().equals("POST");
    if (has("empty-403") && writes) {
      return Optional.of(Answer.of(403, Map.of()));
    }
    return Optional.empty();
  }

  private static String target(Request request) {
    StringBuilder target = new StringBuilder(request.path());
    request
        .query()
        .forEach((name, value) ->
            target
                .append(target.indexOf("?") < 0 ? '?' : '&')
                .append(name)
                .append('=')
                .append(value));
    return target.toString();
  }

  private Answer ofBucket(Request request) {
    if (request.method().equals("HEAD")) {
      if (has("headbucket-403") || has("headbucket-list-403")) {
        return Answer.of(403, Map.of());
      }
      return Answer.of(has("headbucket-405") ? 405 : 200, Map.of());
    }
    if (request.query().containsKey("uploads")) {
      return objects.uploads().listUploads(request.query().getOrDefault("prefix", ""));
    }
    if (has("headbucket-list-403")) {
      return Answer.error(403, "AccessDenied", "Access Denied");
    }
    return objects.list(request.query().getOrDefault("prefix", ""));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
