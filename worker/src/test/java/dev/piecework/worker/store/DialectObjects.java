package dev.piecework.worker.store;

import dev.piecework.worker.checksum.Crc;
import dev.piecework.worker.store.DialectServer.Answer;
import dev.piecework.worker.store.DialectServer.Request;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.zip.Checksum;

/** The objects and uploads of a {@link DialectServer}, and what it says of them. */
public final class DialectObjects {
  private final DialectServer server;
  private final NavigableMap<String, Stored> objects = new ConcurrentSkipListMap<>();
  private final DialectUploads uploads;

  DialectObjects(DialectServer server) {
    this.server = server;
    this.uploads = new DialectUploads(server, this);
  }

  /** An object. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Stored(
      byte[] content, String etag, Map<String, String> headers, Map<String, String> sums) {}

  /** An object's bytes. */
  public Optional<byte[]> content(String key) {
    return Optional.ofNullable(objects.get(key)).map(Stored::content);
  }

  /** Keys of all objects. */
  public Iterable<String> keys() {
    return objects.keySet();
  }

  Answer answer(Request request, String key) {
    Optional<Answer> refusal = refusedHeaders(request);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (request.query().containsKey("uploads")) {
      return uploads.create(request, key);
    }
    String id = request.query().get("uploadId");
    if (id != null) {
      return uploads.answer(request, id);
    }
    return switch (request.method()) {
      case "PUT" -> put(request, key);
      case "DELETE" -> {
        if (server.has("delete-501")) {
          yield Answer.error(501, "NotImplemented", "delete");
        }
        objects.remove(key);
        yield Answer.of(204, Map.of());
      }
      default -> look(request, key);
    };
  }

  private Optional<Answer> refusedHeaders(Request request) {
    if (server.has("tagging-501") && request.has("x-amz-tagging")) {
      return Optional.of(Answer.error(501, "NotImplemented", "Tagging"));
    }
    if (server.has("meta-400")
        && request.headers().keySet().stream().anyMatch(name -> name.startsWith("x-amz-meta-"))) {
      return Optional.of(Answer.error(400, "InvalidArgument", "metadata"));
    }
    boolean crc32c =
        request.header("x-amz-checksum-algorithm").equals("CRC32C")
            || request.has("x-amz-checksum-crc32c");
    if (crc32c && server.has("no-crc32c")) {
      return Optional.of(
          Answer.error(
              501,
              "NotImplemented",
              "Header x-amz-checksum-algorithm with value CRC32C not implemented"));
    }
    if (crc32c && server.has("no-crc32c-400")) {
      return Optional.of(
          Answer.error(
              400,
              "InvalidRequest",
              "Checksum algorithm provided is unsupported. Please try again with any of the valid"
                  + " types: [CRC32, SHA256]"));
    }
    return Optional.empty();
  }

  boolean needsMd5(Request request) {
    return server.has("need-md5")
        && !request.has("content-md5")
        && request.headers().keySet().stream().noneMatch(name -> name.startsWith("x-amz-checksum"));
  }

  /** Whether a checksum that came with a body is not its own. */
  boolean wrongSum(Request request, byte[] content) {
    if (request.has("content-md5")
        && !server.has("ignores-md5")
        && !request
            .header("content-md5")
            .equals(Base64.getEncoder().encodeToString(HexFormat.of().parseHex(md5(content))))) {
      return true;
    }
    if (server.has("no-sums") || server.has("checks-nothing")) {
      return false;
    }
    for (Crc crc : Crc.values()) {
      String header = header(crc);
      if (request.has(header) && !request.header(header).equals(sum(crc, content))) {
        return true;
      }
    }
    return false;
  }

  private Answer put(Request request, String key) {
    if (needsMd5(request)) {
      return Answer.error(
          400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required");
    }
    byte[] content = request.body();
    if (wrongSum(request, content)) {
      return Answer.error(400, "BadDigest", "the checksum does not match");
    }
    if (request.has("if-none-match") && server.has("conditional") && objects.containsKey(key)) {
      return Answer.error(412, "PreconditionFailed", "it exists");
    }
    Map<String, String> told = new HashMap<>();
    for (Crc crc : Crc.values()) {
      if (request.has(header(crc)) && !server.has("no-sums")) {
        told.put(header(crc), sum(crc, content));
      }
    }
    String etag = etag(md5(content), false);
    objects.put(key, new Stored(content, etag, kept(request.headers()), told));
    return server.has("put-no-etag")
        ? Answer.of(200, Map.of())
        : Answer.of(200, Map.of("ETag", "\"" + etag + "\""));
  }

  private Answer look(Request request, String key) {
    Stored stored = objects.get(key);
    if (stored == null) {
      return Answer.error(404, "NoSuchKey", "The specified key does not exist.");
    }
    Map<String, String> headers = new HashMap<>(stored.headers());
    if (!server.has("head-no-etag")) {
      headers.put("ETag", "\"" + stored.etag() + "\"");
    }
    if (server.has("sse-kms")) {
      headers.put("x-amz-server-side-encryption", "aws:kms");
    }
    if (request.has("x-amz-checksum-mode")) {
      headers.putAll(stored.sums());
    }
    if (request.method().equals("HEAD") && !server.has("no-content-length")) {
      headers.put("Content-Length", String.valueOf(stored.content().length));
    }
    return new Answer(200, headers, stored.content());
  }

  /** The uploads that these objects are made by. */
  public DialectUploads uploads() {
    return uploads;
  }

  void keep(
      String key,
      byte[] content,
      String etag,
      Map<String, String> about,
      Map<String, String> sums) {
    objects.put(key, new Stored(content, etag, kept(about), sums));
  }

  Answer list(String prefix) {
    StringBuilder xml = new StringBuilder("<ListBucketResult><Name>data</Name>");
    objects.tailMap(prefix, true).entrySet().stream()
        .filter(each -> each.getKey().startsWith(prefix))
        .limit(1)
        .forEach(each ->
            xml.append(
                "<Contents><Key>%s</Key><LastModified>2026-11-29T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>"
                    .formatted(each.getKey(), each.getValue().content().length)));
    return Answer.xml(xml.append("<IsTruncated>false</IsTruncated></ListBucketResult>").toString());
  }

  String etag(String md5, boolean whole) {
    boolean random =
        server.has("etag-random")
            || server.has("sse-kms")
            || (whole && server.has("etag-random-whole"));
    return random ? UUID.randomUUID().toString().replace("-", "") : md5;
  }

  private static Map<String, String> kept(Map<String, String> headers) {
    Map<String, String> kept = new HashMap<>();
    headers.forEach((name, value) -> {
      if (name.startsWith("x-amz-meta-") || name.equals("content-type")) {
        kept.put(name, value);
      }
    });
    return kept;
  }

  static String header(Crc crc) {
    return "x-amz-checksum-" + crc.name().toLowerCase(Locale.ROOT);
  }

  static String sum(Crc crc, byte[] content) {
    Checksum sum = crc.start();
    sum.update(content, 0, content.length);
    return crc.base64(sum.getValue());
  }

  static byte[] turned(byte[] content) {
    byte[] other = content.clone();
    other[other.length / 2] ^= 1;
    return other;
  }

  static String md5(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
