package dev.piecework.worker.store;

import dev.piecework.worker.checksum.Crc;
import dev.piecework.worker.store.DialectServer.Answer;
import dev.piecework.worker.store.DialectServer.Request;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The multipart uploads of a {@link DialectServer}. */
public final class DialectUploads {
  private static final Pattern PART =
      Pattern.compile(
          "<Part><PartNumber>(\\d+)</PartNumber><ETag>(.*?)</ETag>(?:<(Checksum\\w+)>(.*?)</Checksum\\w+>)?</Part>",
          Pattern.DOTALL);

  private final DialectServer server;
  private final DialectObjects objects;
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
  private final Map<String, Boolean> gone = new ConcurrentHashMap<>();
  private final AtomicInteger busy = new AtomicInteger();

  DialectUploads(DialectServer server, DialectObjects objects) {
    this.server = server;
    this.objects = objects;
  }

  /** A part. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Kept(byte[] content, String etag) {}

  private record Upload(
      String key, Map<String, String> headers, NavigableMap<Integer, Kept> parts) {}

  /** Uploads that are neither completed nor aborted. */
  public int open() {
    return uploads.size();
  }

  Answer create(Request request, String key) {
    if (server.has("no-multipart")) {
      return Answer.error(
          501,
          "NotImplemented",
          "A header you provided implies functionality that is not implemented");
    }
    if (server.has("no-multipart-405")) {
      return Answer.error(
          405, "MethodNotAllowed", "The method is not allowed against this resource.");
    }
    String id = UUID.randomUUID().toString();
    uploads.put(id, new Upload(key, request.headers(), new TreeMap<>()));
    if (server.take("create-lost")) {
      return Answer.CUT;
    }
    return Answer.xml(
        "<InitiateMultipartUploadResult><Bucket>data</Bucket><Key>k</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>"
            .formatted(id));
  }

  Answer answer(Request request, String id) {
    Upload upload = uploads.get(id);
    if (upload == null) {
      return server.has("nosuchupload-500")
              || (server.has("complete-lost-500") && gone.containsKey(id))
          ? Answer.error(500, "UnknownError", "")
          : Answer.error(404, "NoSuchUpload", "The specified upload does not exist.");
    }
    return switch (request.method()) {
      case "PUT" -> part(request, upload, id);
      case "GET" -> listParts(upload, request);
      case "DELETE" -> {
        uploads.remove(id);
        yield Answer.of(204, Map.of());
      }
      default -> complete(request, upload, id);
    };
  }

  private Answer part(Request request, Upload upload, String id) {
    int number = Integer.parseInt(request.query().getOrDefault("partNumber", "0"));
    if (server.has("max-parts") && number > server.number("max-parts")) {
      return Answer.error(400, "InvalidArgument", "Part number must be an integer between 1 and N");
    }
    if (objects.needsMd5(request)) {
      return Answer.error(
          400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required");
    }
    if (server.has("quota-403")) {
      return Answer.error(403, "QuotaExceeded", "bucket quota exceeded");
    }
    if (server.has("quota-507")) {
      return Answer.error(507, "InsufficientStorage", "no space");
    }
    int now = busy.incrementAndGet();
    try {
      if (server.has("parallel")) {
        DialectObjects.pause(50);
        if (now > server.number("parallel")) {
          return Answer.error(503, "ServiceUnavailable", "Reduce your concurrency");
        }
      }
      byte[] content = request.body();
      if (server.has("corrupt-transit")
          && number == server.number("corrupt-transit")
          && server.count("corrupted") <= 1) {
        content = DialectObjects.turned(content);
      }
      if (server.has("turns-bits")) {
        content = DialectObjects.turned(content);
      }
      if (objects.wrongSum(request, content)) {
        return Answer.error(400, "BadDigest", "the checksum does not match");
      }
      String etag = objects.etag(DialectObjects.md5(content), false);
      if (server.has("corrupt") && number == server.number("corrupt")) {
        content = DialectObjects.turned(content);
      }
      synchronized (upload) {
        upload.parts().put(number, new Kept(content, etag));
      }
      if (server.has("abort-after")
          && number == server.number("abort-after")
          && server.count("aborted " + upload.key()) == 1) {
        uploads.remove(id);
        return Answer.error(404, "NoSuchUpload", "aborted by a rule");
      }
      if (server.take("part-lost")) {
        return Answer.CUT;
      }
      return server.has("put-no-etag")
          ? Answer.of(200, Map.of())
          : Answer.of(200, Map.of("ETag", "\"" + etag + "\""));
    } finally {
      busy.decrementAndGet();
    }
  }

  private Answer complete(Request request, Upload upload, String id) {
    if (server.has("complete-slow")) {
      DialectObjects.pause(1000L * server.number("complete-slow"));
    }
    if (server.take("complete-error-200")) {
      return Answer.xml("  \n<Error><Code>InternalError</Code><Message>again</Message></Error>");
    }
    if (server.take("complete-409")) {
      uploads.remove(id);
      return Answer.error(409, "ConditionalRequestConflict", "conflict");
    }
    Matcher parts = PART.matcher(new String(request.body(), StandardCharsets.UTF_8));
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    StringBuilder md5s = new StringBuilder();
    Map<Crc, ByteArrayOutputStream> sums = new HashMap<>();
    int count = 0;
    long before = -1;
    while (parts.find()) {
      count++;
      Kept kept = upload.parts().get(Integer.parseInt(parts.group(1)));
      String etag = parts.group(2).replace("&quot;", "\"");
      if (kept == null
          || !kept.etag().equals(etag.replace("\"", ""))
          || (server.has("etag-quotes") && !etag.startsWith("\""))
          || (server.has("consecutive") && Integer.parseInt(parts.group(1)) != count)) {
        return Answer.error(400, "InvalidPart", "One or more parts could not be found.");
      }
      if (server.has("no-part-sums") && parts.group(3) != null) {
        return Answer.error(400, "MalformedXML", "The XML is not well-formed: " + parts.group(3));
      }
      if (server.has("min-part") && before >= 0 && before < server.number("min-part")) {
        return Answer.error(400, "EntityTooSmall", "Your proposed upload is smaller than allowed.");
      }
      before = kept.content().length;
      whole.writeBytes(kept.content());
      md5s.append(DialectObjects.md5(kept.content()));
      for (Crc crc : Crc.values()) {
        sums.computeIfAbsent(crc, any -> new ByteArrayOutputStream())
            .writeBytes(Base64.getDecoder().decode(DialectObjects.sum(crc, kept.content())));
      }
    }
    return finish(request, upload, id, whole.toByteArray(), md5s.toString(), sums, count);
  }

  private Answer finish(
      Request request,
      Upload upload,
      String id,
      byte[] whole,
      String md5s,
      Map<Crc, ByteArrayOutputStream> sums,
      int count) {
    String algorithm = upload.headers().getOrDefault("x-amz-checksum-algorithm", "");
    boolean full =
        upload.headers().getOrDefault("x-amz-checksum-type", "").equals("FULL_OBJECT")
            && !server.has("composite")
            && !server.has("composite-bare");
    boolean forced = server.has("garage-composite") || server.has("bad-digest-composite");
    Map<String, String> told = new HashMap<>();
    for (Crc crc : Crc.values()) {
      if (!crc.name().equals(algorithm) || server.has("no-sums")) {
        continue;
      }
      String composite =
          DialectObjects.sum(crc, Objects.requireNonNull(sums.get(crc)).toByteArray());
      String expected = full && !forced ? DialectObjects.sum(crc, whole) : composite;
      String given = request.header(DialectObjects.header(crc));
      boolean compared = full && !given.isEmpty() && !server.has("corrupt");
      if (compared && !given.equals(expected)) {
        return Answer.error(
            400, server.has("garage-composite") ? "InvalidDigest" : "BadDigest", "whole");
      }
      told.put(
          DialectObjects.header(crc),
          full && !forced
              ? expected
              : composite + (server.has("composite-bare") ? "" : "-" + count));
    }
    String etag =
        objects.etag(DialectObjects.md5(HexFormat.of().parseHex(md5s)) + "-" + count, true);
    objects.keep(upload.key(), whole, etag, upload.headers(), told);
    uploads.remove(id);
    gone.put(id, true);
    if (server.take("complete-lost") || server.take("complete-lost-500")) {
      return Answer.CUT;
    }
    if (server.take("complete-error-200-done")) {
      return Answer.xml("<Error><Code>InternalError</Code><Message>again</Message></Error>");
    }
    return Answer.xml(
        "<CompleteMultipartUploadResult><ETag>%s</ETag></CompleteMultipartUploadResult>"
            .formatted(server.has("empty-complete-etag") ? "" : "&quot;" + etag + "&quot;"));
  }

  private Answer listParts(Upload upload, Request request) {
    int marker = Integer.parseInt(request.query().getOrDefault("part-number-marker", "0"));
    StringBuilder xml = new StringBuilder("<ListPartsResult>");
    if (!server.has("no-initiator")) {
      xml.append("<Initiator><ID>x</ID></Initiator><StorageClass>STANDARD</StorageClass>");
    }
    xml.append("<IsTruncated>false</IsTruncated>");
    synchronized (upload) {
      upload
          .parts()
          .tailMap(marker, false)
          .forEach((number, kept) -> {
            if (!server.has("list-parts-less") || number < upload.parts().lastKey()) {
              xml.append(
                  "<Part><PartNumber>%d</PartNumber><ETag>&quot;%s&quot;</ETag><Size>%d</Size></Part>"
                      .formatted(number, kept.etag(), kept.content().length));
            }
          });
    }
    return Answer.xml(xml.append("</ListPartsResult>").toString());
  }

  Answer listUploads(String prefix) {
    if (server.has("create-405-list")) {
      return Answer.error(501, "NotImplemented", "not implemented");
    }
    StringBuilder xml = new StringBuilder("<ListMultipartUploadsResult>");
    uploads.forEach((id, upload) -> {
      if (upload.key().startsWith(prefix) && !server.has("list-uploads-empty")) {
        xml.append(
            "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>2026-11-30T00:00:00.000Z</Initiated></Upload>"
                .formatted(upload.key(), id));
      }
    });
    return Answer.xml(
        xml.append("<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>").toString());
  }
}
