package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.minio.MinioAsyncClient;
import io.minio.credentials.Provider;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import okhttp3.OkHttpClient;

/**
 * An S3 store, spoken to over MinIO's low-level calls: the client's high-level ones abort an upload
 * at the first error, so nothing could be resumed. Blocking; called from virtual threads. A
 * transient answer is repeated a few times with growing delays before it surfaces as a {@link
 * StoreException}.
 */
public final class ObjectStore implements AutoCloseable {
  private final ObjectSettings objects;
  private final OkHttpClient http;
  private final StoreCircuit circuit;
  private final BucketCheck bucketCheck;
  private final StoreReads reads;
  private final StoreWrites writes;
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
    MinioAsyncClient client = HttpClients.s3(settings, keys, http);
    StoreChecksums checksums =
        new StoreChecksums(settings.checksums(), "http".equals(settings.endpoint().getScheme()));
    StoreErrors errors = new StoreErrors(settings.endpoint());
    this.circuit =
        new StoreCircuit(
            settings, HttpClients.s3(settings, keys, HttpClients.forProbe(http)), errors);
    StoreRequests requests =
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
    this.reads = new StoreReads(client, requests, checksums);
    this.writes = new StoreWrites(client, requests, checksums, objects, reads);
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
    return writes.createUpload(bucket, key, origin, cancellation, beforeEachTry);
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
    return writes.uploadPart(bucket, key, uploadId, number, body, cancellation);
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
    return writes.putObject(bucket, key, body, contentType, origin, cancellation);
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
    return writes.completeUpload(bucket, key, uploadId, parts, proof, cancellation);
  }

  /** Gives up a multipart upload; one that is gone already is no error. */
  public void abortUpload(String bucket, String key, String uploadId) throws StoreException {
    writes.abortUpload(bucket, key, uploadId, closed);
  }

  /** Multipart uploads of a key that are neither completed nor aborted. */
  public List<OpenUpload> openUploads(String bucket, String key) throws StoreException {
    return listings.openUploads(bucket, key, closed);
  }

  /**
   * Keys that begin so: at most the first 100,000, which covers any torrent of one's own prefix.
   */
  public Set<String> keys(String bucket, String prefix) throws StoreException {
    return listings.keys(bucket, prefix, closed);
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
    return reads.stat(bucket, key, cancellation);
  }

  /** Deletes an object; one that is gone already is no error. */
  public void delete(String bucket, String key) throws StoreException {
    reads.delete(bucket, key, closed);
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
    return reads.read(bucket, key, maxBytes, cancellation);
  }

  /**
   * Reads some bytes of an object, in one try, and not at all while the store cannot be used.
   *
   * @param offset of the first byte in the object
   * @param into filled from its position; room is left where the object ends before
   */
  public void readRange(
      String bucket, String key, long offset, ByteBuffer into, Cancellation cancellation)
      throws StoreException {
    reads.range(bucket, key, offset, into, cancellation);
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
}
