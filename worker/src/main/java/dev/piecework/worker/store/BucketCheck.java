package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.HeadBucketArgs;
import io.minio.ListObjectsV2Args;
import io.minio.MinioAsyncClient;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether a bucket is there and may be used. A HEAD costs the store nothing, but its answer has no
 * body: what is behind a bare 403 or 301 (a wrong key, a wrong region, no rights, no bucket) is
 * asked for once more, by a GET, whose answer has the store's own code and words.
 */
final class BucketCheck {
  /**
   * For so long a bucket that was found counts as there. A request for each of many small jobs
   * would tell nothing more: should it vanish, what is sent to it is refused.
   */
  private static final Duration TRUST = Duration.ofSeconds(10);

  private static final int MAX_FOUND = 1000;

  private final MinioAsyncClient client;
  private final StoreRequests requests;

  /** When each was found, by {@link System#nanoTime}. */
  private final Map<String, Long> found = new ConcurrentHashMap<>();

  BucketCheck(MinioAsyncClient client, StoreRequests requests) {
    this.client = client;
    this.requests = requests;
  }

  /**
   * @throws StoreException {@link Reason#NO_SUCH_BUCKET} or {@link Reason#REFUSED} if it may not
   */
  void check(String bucket, Cancellation cancellation) throws StoreException {
    Long last = found.get(bucket);
    if (last != null && System.nanoTime() - last < TRUST.toNanos()) {
      return;
    }
    ask(bucket, cancellation);
    if (found.size() >= MAX_FOUND) {
      found.clear();
    }
    found.put(bucket, System.nanoTime());
  }

  private void ask(String bucket, Cancellation cancellation) throws StoreException {
    try {
      requests.call(
          "find bucket",
          bucket,
          "",
          cancellation,
          () -> client.headBucket(HeadBucketArgs.builder().bucket(bucket).build()));
    } catch (StoreException refused) {
      switch (refused.reason()) {
        case REFUSED, DENIED, NO_SUCH_BUCKET, NO_SUCH_KEY ->
            throw explained(bucket, refused, cancellation);
        default -> throw refused;
      }
    }
  }

  private StoreException explained(
      String bucket, StoreException refused, Cancellation cancellation) {
    try {
      requests.call(
          "find bucket",
          bucket,
          "",
          cancellation,
          () ->
              client.listObjectsV2(ListObjectsV2Args.builder().bucket(bucket).maxKeys(1).build()));
      // It may be listed, but not looked up.
      return ofBucket(refused);
    } catch (StoreException explanation) {
      return ofBucket(explanation);
    }
  }

  /** Some stores, and the client for an answer without a body, take a bucket for a key. */
  private static StoreException ofBucket(StoreException e) {
    return e.reason() == Reason.NO_SUCH_KEY
        ? new StoreException(Reason.NO_SUCH_BUCKET, String.valueOf(e.getMessage()), e)
        : e;
  }
}
