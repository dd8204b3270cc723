package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.minio.AbortMultipartUploadArgs;
import io.minio.CompleteMultipartUploadArgs;
import io.minio.CreateMultipartUploadArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.HeadObjectArgs;
import io.minio.Http;
import io.minio.MinioAsyncClient;
import io.minio.PutObjectAPIArgs;
import io.minio.RemoveObjectArgs;
import io.minio.UploadPartArgs;
import io.minio.credentials.Provider;
import io.minio.messages.Part;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;

/**
 * An S3 store, spoken to over MinIO's low-level calls: the client's high-level ones abort an upload
 * at the first error, so nothing could be resumed. Blocking; called from virtual threads. A
 * transient answer is repeated a few times with growing delays before it surfaces as a {@link
 * StoreException}.
 */
public final class ObjectStore implements AutoCloseable {
  private final ObjectSettings objects;
  private final MinioAsyncClient client;
  private final OkHttpClient http;
  private final StoreChecksums checksums;
  private final StoreCircuit circuit;
  private final StoreRequests requests;
  private final BucketCheck bucketCheck;
  private final StoreListings listings;
  private final Cancellation closed = new Cancellation();

  /** Connects lazily: a store that is down shows at the first request. */
  public ObjectStore(StoreSettings settings, ObjectSettings objects) {
    this(settings, objects, new StoreMeter(new SimpleMeterRegistry()));
  }

  /**
   * Connects lazily: a store that is down shows at the first request.
   *
   * @param meter measures every request
   */
  public ObjectStore(StoreSettings settings, ObjectSettings objects, StoreMeter meter) {
    this(settings, objects, meter, RandomGenerator.getDefault());
  }

  ObjectStore(
      StoreSettings settings, ObjectSettings objects, StoreMeter meter, RandomGenerator random) {
    this.objects = objects;
    this.http = HttpClients.forStore(settings, meter);
    Provider keys = settings.credentials().provider(settings, http);
    this.client = HttpClients.s3(settings, keys, http);
    this.checksums =
        new StoreChecksums(settings.checksums(), "http".equals(settings.endpoint().getScheme()));
    StoreErrors errors = new StoreErrors(settings.endpoint());
    this.circuit =
        new StoreCircuit(
            settings, HttpClients.s3(settings, keys, HttpClients.forProbe(http)), errors);
    this.requests =
        new StoreRequests(
            new RetryPolicy(settings.retries(), settings.retryDelay(), settings.maxRetryDelay()),
            random,
            errors,
            meter,
            circuit,
            () -> StoreKeys.of(keys).ifPresent(StoreKeys::refused),
            closed);
    this.bucketCheck = new BucketCheck(client, requests);
    this.listings = new StoreListings(client, requests);
  }

  /** Whether the store as a whole can be used. */
  public StoreHealth health() {
    return circuit;
  }

  /**
   * Checks that a bucket is there and may be used.
   *
   * @throws StoreException {@link Reason#NO_SUCH_BUCKET} or {@link Reason#REFUSED} otherwise
   */
  public void checkBucket(String bucket) throws StoreException {
    checkBucket(bucket, closed);
  }

  /** The same, unless it is cancelled. */
  public void checkBucket(String bucket, Cancellation cancellation) throws StoreException {
    bucketCheck.check(bucket, cancellation);
  }

  /**
   * Begins a multipart upload.
   *
   * @param origin what the object comes from
   * @param beforeEachTry run before each request: one whose answer is lost may have begun one too
   * @return the store's upload id
   */
  public String createUpload(
      String bucket,
      String key,
      ObjectOrigin origin,
      Cancellation cancellation,
      Runnable beforeEachTry)
      throws StoreException {
    Map<String, String> headers = objects.headers(origin);
    headers.putAll(checksums.ofUpload());
    return call(
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
  public SentPart uploadPart(
      String bucket,
      String key,
      String uploadId,
      int number,
      ObjectBody body,
      Cancellation cancellation)
      throws StoreException {
    BodyDigest digest = checksums.digest(body);
    String etag =
        call(
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
  public SentPart putObject(
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
        call(
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
  public String completeUpload(
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
            () -> stat(bucket, key, cancellation).filter(proof).map(StoredStat::etag));
    return etag.replace("\"", "");
  }

  /** Gives up a multipart upload; one that is gone already is no error. */
  public void abortUpload(String bucket, String key, String uploadId) throws StoreException {
    try {
      call(
          "abort the upload of",
          bucket,
          key,
          closed,
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

  /** Multipart uploads of a key that are neither completed nor aborted. */
  public List<OpenUpload> openUploads(String bucket, String key) throws StoreException {
    return listings.openUploads(bucket, key, closed);
  }

  /**
   * All parts that the store has of an upload.
   *
   * @throws StoreException {@link Reason#NO_SUCH_UPLOAD} when it does not know it
   */
  public List<ListedPart> listParts(String bucket, String key, String uploadId)
      throws StoreException {
    return listings.parts(bucket, key, uploadId, closed);
  }

  /**
   * What the store knows of an object.
   *
   * @return empty when there is no such object
   */
  public Optional<StoredStat> stat(String bucket, String key) throws StoreException {
    return stat(bucket, key, closed);
  }

  /** The same, given up when cancelled. */
  public Optional<StoredStat> stat(String bucket, String key, Cancellation cancellation)
      throws StoreException {
    Map<String, String> headers = checksums.ofQuestion();
    okhttp3.Headers answer;
    try {
      answer =
          call(
                  "look up",
                  bucket,
                  key,
                  cancellation,
                  () ->
                      client.headObject(
                          HeadObjectArgs.builder()
                              .extraHeaders(headers)
                              .bucket(bucket)
                              .object(key)
                              .build()))
              .headers();
    } catch (StoreException e) {
      if (e.reason() == Reason.NO_SUCH_KEY) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.of(StoredStat.of(answer));
  }

  /** Deletes an object; one that is gone already is no error. */
  public void delete(String bucket, String key) throws StoreException {
    call(
        "delete",
        bucket,
        key,
        closed,
        () -> client.removeObject(RemoveObjectArgs.builder().bucket(bucket).object(key).build()));
  }

  /**
   * Reads a small object whole.
   *
   * @param maxBytes most bytes that are accepted
   * @throws StoreException {@link Reason#TOO_LARGE} beyond that, {@link Reason#NO_SUCH_KEY} when
   *     there is none
   */
  public byte[] read(String bucket, String key, int maxBytes) throws StoreException {
    return read(bucket, key, maxBytes, closed);
  }

  /** The same, unless it is cancelled. */
  public byte[] read(String bucket, String key, int maxBytes, Cancellation cancellation)
      throws StoreException {
    // The body is read inside the call, so that a connection cut half-way is tried again too.
    byte[] bytes =
        call(
            "read",
            bucket,
            key,
            cancellation,
            () ->
                client
                    .getObject(GetObjectArgs.builder().bucket(bucket).object(key).build())
                    .thenApplyAsync(
                        response -> readAtMost(response, maxBytes + 1L),
                        Thread::startVirtualThread));
    if (bytes.length > maxBytes) {
      throw new StoreException(
          Reason.TOO_LARGE,
          "%s/%s is larger than the %d bytes allowed here".formatted(bucket, key, maxBytes));
    }
    return bytes;
  }

  /** Whether the objects that it writes say what they come from. */
  public boolean writesOrigin() {
    return objects.metadata();
  }

  /** Releases connections and threads; requests in flight fail. */
  @Override
  public void close() {
    closed.cancel();
    circuit.close();
    http.dispatcher().cancelAll();
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  private <T> T call(
      String action,
      String bucket,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request)
      throws StoreException {
    return requests.call(action, bucket, key, cancellation, request);
  }

  private static byte[] readAtMost(GetObjectResponse response, long limit) {
    try (response) {
      return response.readNBytes((int) Math.min(limit, Integer.MAX_VALUE - 8));
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }
}
