package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.AbortMultipartUploadArgs;
import io.minio.CompleteMultipartUploadArgs;
import io.minio.CreateMultipartUploadArgs;
import io.minio.Http;
import io.minio.MinioAsyncClient;
import io.minio.PutObjectAPIArgs;
import io.minio.UploadPartArgs;
import io.minio.messages.Part;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import okhttp3.MediaType;

/** The requests that write: whole objects, and multipart uploads from beginning to end. */
final class StoreWrites {
  private final MinioAsyncClient client;
  private final StoreRequests requests;
  private final StoreChecksums checksums;
  private final ObjectSettings objects;
  private final StoreReads reads;

  StoreWrites(
      MinioAsyncClient client,
      StoreRequests requests,
      StoreChecksums checksums,
      ObjectSettings objects,
      StoreReads reads) {
    this.client = client;
    this.requests = requests;
    this.checksums = checksums;
    this.objects = objects;
    this.reads = reads;
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
    Map<String, String> headers = objects.headers(origin);
    headers.putAll(checksums.ofUpload());
    return requests
        .write(
            "begin an upload of",
            bucket,
            key,
            cancellation,
            () -> {
              beforeEachTry.run();
              return client.createMultipartUpload(
                  CreateMultipartUploadArgs.builder()
                      .extraHeaders(headers)
                      .bucket(bucket)
                      .object(key)
                      .build());
            })
        .result()
        .uploadId();
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
    BodyDigest digest = checksums.digest(body);
    String etag =
        requests
            .write(
                "upload part " + number + " of",
                bucket,
                key,
                cancellation,
                () ->
                    client.uploadPart(
                        UploadPartArgs.builder()
                            .bucket(bucket)
                            .object(key)
                            .uploadId(uploadId)
                            .partNumber(number)
                            .buffer(new StreamedBuffer(body, cancellation))
                            .headers(checksums.ofBody(digest))
                            .build()))
            .part()
            .etag();
    return new SentPart(number, body.length(), etag, digest.crc32c());
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
    BodyDigest digest = checksums.digest(body);
    Http.Headers headers = checksums.ofBody(digest);
    objects.headers(origin).forEach(headers::put);
    String etag =
        requests
            .write(
                "write",
                bucket,
                key,
                cancellation,
                () ->
                    client.putObject(
                        PutObjectAPIArgs.builder()
                            .bucket(bucket)
                            .object(key)
                            .buffer(new StreamedBuffer(body, cancellation))
                            .headers(headers)
                            .contentType(MediaType.get(contentType))
                            .build()))
            .etag();
    return new SentPart(1, body.length(), String.valueOf(etag), digest.crc32c());
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
    Part[] listed = parts.stream().map(checksums::part).toArray(Part[]::new);
    Map<String, String> headers = checksums.ofWhole(parts);
    String etag =
        requests.call(
            "complete the upload of",
            bucket,
            key,
            cancellation,
            () ->
                client
                    .completeMultipartUpload(
                        CompleteMultipartUploadArgs.builder()
                            .extraHeaders(headers)
                            .bucket(bucket)
                            .object(key)
                            .uploadId(uploadId)
                            .parts(listed)
                            .maxRetries(0)
                            .build())
                    .thenApply(answer -> String.valueOf(answer.etag())),
            () -> reads.stat(bucket, key, cancellation).filter(proof).map(StoredStat::etag));
    return etag.replace("\"", "");
  }

  /** Gives up a multipart upload; one that is gone already is no error. */
  void abortUpload(String bucket, String key, String uploadId, Cancellation cancellation)
      throws StoreException {
    try {
      requests.call(
          "abort the upload of",
          bucket,
          key,
          cancellation,
          () ->
              client.abortMultipartUpload(
                  AbortMultipartUploadArgs.builder()
                      .bucket(bucket)
                      .object(key)
                      .uploadId(uploadId)
                      .build()));
    } catch (StoreException e) {
      if (e.reason() != Reason.NO_SUCH_UPLOAD && e.reason() != Reason.NO_SUCH_KEY) {
        throw e;
      }
    }
  }
}
