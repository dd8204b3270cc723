package dev.piecework.worker.store;

import dev.piecework.worker.s3.S3Client;
import dev.piecework.worker.s3.S3Request;
import dev.piecework.worker.s3.XmlElement;
import dev.piecework.worker.store.StoreException.Reason;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the store lists, page by page. Only what is needed is read: stores leave out much of what
 * S3's own answers hold.
 */
final class StoreListings {
  private static final Logger log = LoggerFactory.getLogger(StoreListings.class);
  private static final int MOST_PAGES = 100;
  private static final Map<String, String> ENCODED = Map.of("encoding-type", "url");

  private final StoreLink link;

  StoreListings(StoreLink link) {
    this.link = link;
  }

  /** Multipart uploads of a key that are neither completed nor aborted. */
  List<OpenUpload> openUploads(String bucket, String key, Cancellation cancellation)
      throws StoreException {
    List<OpenUpload> uploads = new ArrayList<>();
    String keyMarker = "";
    String idMarker = "";
    while (true) {
      Map<String, String> query = new HashMap<>(ENCODED);
      query.put("uploads", "");
      query.put("prefix", key);
      if (!keyMarker.isEmpty()) {
        query.put("key-marker", keyMarker);
        query.put("upload-id-marker", idMarker);
      }
      XmlElement page =
          list(
              "list the uploads of",
              S3Request.of("GET", bucket, "", query),
              key,
              "ListMultipartUploadsResult",
              cancellation);
      for (XmlElement upload : page.all("Upload")) {
        if (key.equals(decoded(page, upload.text("Key")))) {
          uploads.add(new OpenUpload(upload.text("UploadId"), time(upload.text("Initiated"))));
        }
      }
      String nextKey = decoded(page, page.text("NextKeyMarker"));
      String nextId = page.text("NextUploadIdMarker");
      // Keys come in order: behind the first other one is nothing of ours.
      if (!page.text("IsTruncated").equals("true")
          || !nextKey.equals(key)
          || (nextKey.equals(keyMarker) && nextId.equals(idMarker))) {
        return uploads;
      }
      keyMarker = nextKey;
      idMarker = nextId;
    }
  }

  /** Keys that begin so, the first pages of them. */
  Set<String> keys(String bucket, String prefix, Cancellation cancellation) throws StoreException {
    Set<String> keys = new HashSet<>();
    String token = "";
    for (int count = 0; count < MOST_PAGES; count++) {
      Map<String, String> query = new HashMap<>(ENCODED);
      query.put("list-type", "2");
      query.put("prefix", prefix);
      query.put("max-keys", "1000");
      if (!token.isEmpty()) {
        query.put("continuation-token", token);
      }
      XmlElement page =
          list(
              "list the objects of",
              S3Request.of("GET", bucket, "", query),
              prefix,
              "ListBucketResult",
              cancellation);
      page.all("Contents").forEach(object -> keys.add(decoded(page, object.text("Key"))));
      String next = page.text("NextContinuationToken");
      if (!page.text("IsTruncated").equals("true") || next.isEmpty() || next.equals(token)) {
        return keys;
      }
      token = next;
    }
    log.warn("bucket {} has too many objects under {} to be looked at", bucket, prefix);
    return keys;
  }

  /**
   * All parts that the store has of an upload.
   *
   * @throws StoreException {@link Reason#NO_SUCH_UPLOAD} when it does not know it
   */
  List<ListedPart> parts(String bucket, String key, String uploadId, Cancellation cancellation)
      throws StoreException {
    List<ListedPart> parts = new ArrayList<>();
    int marker = 0;
    while (true) {
      XmlElement page = page(bucket, key, uploadId, marker, cancellation);
      for (XmlElement part : page.all("Part")) {
        parts.add(part(part));
      }
      int next = (int) number(page.text("NextPartNumberMarker"));
      if (!page.text("IsTruncated").equals("true") || next <= marker) {
        return parts;
      }
      marker = next;
    }
  }

  /** One part of an upload, as the store has it. */
  Optional<ListedPart> part(
      String bucket, String key, String uploadId, int number, Cancellation cancellation)
      throws StoreException {
    return page(bucket, key, uploadId, number - 1, cancellation).all("Part").stream()
        .map(StoreListings::part)
        .filter(part -> part.number() == number)
        .findFirst();
  }

  private XmlElement page(
      String bucket, String key, String uploadId, int marker, Cancellation cancellation)
      throws StoreException {
    Map<String, String> query = new HashMap<>();
    query.put("uploadId", uploadId);
    if (marker > 0) {
      query.put("part-number-marker", String.valueOf(marker));
    }
    return list(
        "list the parts of",
        S3Request.of("GET", bucket, key, query),
        key,
        "ListPartsResult",
        cancellation);
  }

  /** Bytes of an object, from the list of its bucket; empty if it is not there. */
  Optional<Long> size(String bucket, String key, Cancellation cancellation) throws StoreException {
    Map<String, String> query = new HashMap<>(ENCODED);
    query.put("list-type", "2");
    query.put("prefix", key);
    query.put("max-keys", "1");
    XmlElement page =
        list(
            "look up",
            S3Request.of("GET", bucket, "", query),
            key,
            "ListBucketResult",
            cancellation);
    return page.all("Contents").stream()
        .filter(object -> key.equals(decoded(page, object.text("Key"))))
        .map(object -> number(object.text("Size")))
        .findFirst();
  }

  private XmlElement list(
      String action, S3Request request, String key, String root, Cancellation cancellation)
      throws StoreException {
    return link.requests()
        .call(
            action,
            request.bucket(),
            key,
            cancellation,
            () -> link.send(request, answer -> S3Client.xml(answer, root)));
  }

  private static ListedPart part(XmlElement part) {
    return new ListedPart(
        (int) number(part.text("PartNumber")),
        number(part.text("Size")),
        StoreWrites.plain(part.text("ETag")));
  }

  /** Keys are encoded only where the answer says so, whatever was asked. */
  private static String decoded(XmlElement page, String key) {
    return page.text("EncodingType").equals("url")
        ? URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8)
        : key;
  }

  private static long number(String text) {
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
  }

  /** Long ago where it is not said: so old is nothing that a worker has begun. */
  private static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }
}
