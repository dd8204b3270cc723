package dev.piecework.worker.store;

import dev.piecework.worker.s3.S3Answer;
import dev.piecework.worker.s3.S3Client;
import dev.piecework.worker.s3.S3Refusal;
import dev.piecework.worker.s3.S3Request;
import dev.piecework.worker.s3.UnreadableAnswerException;
import dev.piecework.worker.s3.XmlElement;
import dev.piecework.worker.store.StoreException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import okhttp3.RequestBody;

/** The requests that write: whole objects, and multipart uploads from beginning to end. */
final class StoreWrites {
  private static final String CONTENT_TYPE = "Content-Type";
  private static final String BYTES = "application/octet-stream";
  private static final Pattern MD5 = Pattern.compile("[0-9a-fA-F]{32}");

  private final StoreLink link;
  private final ObjectSettings objects;
  private final StoreLooks looks;
  private final StoreListings listings;

  StoreWrites(StoreLink link, ObjectSettings objects, StoreLooks looks, StoreListings listings) {
    this.link = link;
    this.objects = objects;
    this.looks = looks;
    this.listings = listings;
  }

  /**
   * Begins a multipart upload.
   *
   * @param origin what the object comes from
   * @param beforeEachTry run before each request: one whose answer is lost may have begun one too
   * @return the store's upload id
   */
  String createUpload(
      String bucket,
      String key,
      ObjectOrigin origin,
      Cancellation cancellation,
      Runnable beforeEachTry)
      throws StoreException {
    S3Request request = create(bucket, key, objects.headers(origin));
    return link.requests()
        .write(
            "begin an upload of",
            bucket,
            key,
            cancellation,
            () -> {
              beforeEachTry.run();
              return link.send(request, StoreWrites::uploadId);
            });
  }

  /**
   * The request that begins an upload.
   *
   * @param about headers that say what the object is to be
   */
  S3Request create(String bucket, String key, Map<String, String> about) {
    Map<String, String> headers = new HashMap<>(about);
    headers.put(CONTENT_TYPE, BYTES);
    headers.putAll(link.checksums(bucket).ofUpload());
    return S3Request.of("POST", bucket, key, Map.of("uploads", "")).withHeaders(headers);
  }

  /** The id in the answer to it. */
  static String uploadId(S3Answer answer) throws S3Refusal, IOException {
    String id = S3Client.xml(answer, "InitiateMultipartUploadResult").text("UploadId");
    if (id.isEmpty()) {
      throw new UnreadableAnswerException("the answer names no upload id");
    }
    return id;
  }

  /**
   * Sends one part; may be repeated with the same bytes.
   *
   * @param number from 1
   */
  SentPart uploadPart(
      String bucket,
      String key,
      String uploadId,
      int number,
      ObjectBody body,
      Cancellation cancellation)
      throws StoreException {
    S3Request request =
        S3Request.of(
            "PUT", bucket, key, Map.of("partNumber", String.valueOf(number), "uploadId", uploadId));
    BodyDigest digest = link.checksums(bucket).digest(body);
    Optional<String> etag =
        send("upload part " + number + " of", request, Map.of(), body, digest, cancellation);
    return new SentPart(
        number,
        body.length(),
        etag.isPresent() ? etag.get() : listed(bucket, key, uploadId, number, cancellation),
        digest.crc32c(),
        link.checksums(bucket).kept(digest));
  }

  /** The ETag of a part, from a store that does not answer it. */
  private String listed(
      String bucket, String key, String uploadId, int number, Cancellation cancellation)
      throws StoreException {
    return listings
        .part(bucket, key, uploadId, number, cancellation)
        .map(ListedPart::etag)
        .filter(etag -> !etag.isEmpty())
        .orElseThrow(() ->
            new StoreException(
                Reason.REFUSED,
                "cannot upload part %d of %s/%s: the object store answers no ETag, by which a part is named when the upload is completed, and lists none: set piecework.store.part-size to the size of the largest file, so that nothing is sent in parts"
                    .formatted(number, bucket, key)));
  }

  /** Writes a whole object in one request, replacing what was there. */
  SentPart putObject(
      String bucket,
      String key,
      ObjectBody body,
      String contentType,
      ObjectOrigin origin,
      Cancellation cancellation)
      throws StoreException {
    Map<String, String> headers = new HashMap<>(objects.headers(origin));
    headers.put(CONTENT_TYPE, contentType);
    BodyDigest digest = link.checksums(bucket).digest(body);
    S3Request request = S3Request.of("PUT", bucket, key, Map.of());
    Optional<String> etag = send("write", request, headers, body, digest, cancellation);
    return new SentPart(
        1, body.length(), etag.orElse(""), digest.crc32c(), link.checksums(bucket).kept(digest));
  }

  /** Returns the ETag that is answered, if any. */
  private Optional<String> send(
      String action,
      S3Request request,
      Map<String, String> about,
      ObjectBody body,
      BodyDigest digest,
      Cancellation cancellation)
      throws StoreException {
    StoreChecksums checksums = link.checksums(request.bucket());
    Map<String, String> headers = new HashMap<>(about);
    headers.putAll(checksums.ofBody(digest));
    String hash = digest.sha256().orElse(S3Request.UNSIGNED);
    return link.requests()
        .write(
            action,
            request.bucket(),
            request.key(),
            cancellation,
            () -> {
              StreamedBody sending =
                  new StreamedBody(body, digest.crc32c(), checksums.comparesEtags(), cancellation);
              return link.send(
                  request.withHeaders(headers).withBody(sending, hash),
                  answer -> arrived(answer, sending));
            });
  }

  private static Optional<String> arrived(S3Answer answer, StreamedBody sent)
      throws ArrivedOtherwiseException {
    Optional<String> etag = answer.header("ETag").map(StoreWrites::plain);
    Optional<String> md5 = sent.md5();
    boolean comparable = etag.filter(given -> MD5.matcher(given).matches()).isPresent();
    if (md5.isPresent() && comparable && !etag.get().equalsIgnoreCase(md5.get())) {
      throw new ArrivedOtherwiseException(etag.get(), md5.get());
    }
    return etag;
  }

  static String plain(String etag) {
    return etag.replace("\"", "");
  }

  /**
   * Makes an object of its parts.
   *
   * @param parts all, by number
   * @param proof whether what the store says of the object proves that it is made of these parts:
   *     asked before the request is repeated, because some stores answer 500 for an upload that
   *     they have completed
   * @return the object's ETag, without quotes
   */
  String completeUpload(
      String bucket,
      String key,
      String uploadId,
      List<SentPart> parts,
      Predicate<StoredStat> proof,
      Cancellation cancellation)
      throws StoreException {
    S3Request request = complete(bucket, key, uploadId, parts);
    return link.requests()
        .call(
            "complete the upload of",
            bucket,
            key,
            cancellation,
            () -> link.sendPatiently(request, StoreWrites::completed),
            () -> looks.stat(bucket, key, cancellation).filter(proof).map(StoredStat::etag));
  }

  /** The request that ends an upload. */
  S3Request complete(String bucket, String key, String uploadId, List<SentPart> parts) {
    StoreChecksums checksums = link.checksums(bucket);
    byte[] list = checksums.listOf(parts).getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers = new HashMap<>(checksums.ofWhole(parts));
    headers.put(CONTENT_TYPE, "application/xml");
    return S3Request.of("POST", bucket, key, Map.of("uploadId", uploadId))
        .withHeaders(headers)
        .withBody(RequestBody.create(list), S3Client.hash(list));
  }

  /** The ETag in the answer to it; may be empty. */
  static String completed(S3Answer answer) throws S3Refusal, IOException {
    XmlElement result = S3Client.xml(answer, "CompleteMultipartUploadResult");
    return plain(result.text("ETag"));
  }

  /** Gives up a multipart upload; one that is gone already is no error. */
  void abortUpload(String bucket, String key, String uploadId, Cancellation cancellation)
      throws StoreException {
    S3Request request = S3Request.of("DELETE", bucket, key, Map.of("uploadId", uploadId));
    try {
      link.requests()
          .call(
              "abort the upload of",
              bucket,
              key,
              cancellation,
              () -> link.send(request, answer -> answer));
    } catch (StoreException e) {
      if (e.reason() != Reason.NO_SUCH_UPLOAD && e.reason() != Reason.NO_SUCH_KEY) {
        throw e;
      }
    }
  }
}
