package dev.piecework.worker.store;

import dev.piecework.worker.s3.S3Request;
import dev.piecework.worker.store.StoreException.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
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

  private final StoreLink link;

  /** When each was found, by {@link System#nanoTime}. */
  private final Map<String, Long> found = new ConcurrentHashMap<>();

  BucketCheck(StoreLink link) {
    this.link = link;
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
      question(S3Request.of("HEAD", bucket, "", Map.of()), cancellation);
    } catch (StoreException refused) {
      switch (refused.reason()) {
        case REFUSED, DENIED, NO_SUCH_BUCKET, NO_SUCH_KEY -> explain(bucket, cancellation);
        default -> throw refused;
      }
    }
  }

  /** A key may be allowed to list, and so to see, what it may not look up: then all is well. */
  private void explain(String bucket, Cancellation cancellation) throws StoreException {
    try {
      question(
          S3Request.of("GET", bucket, "", Map.of("list-type", "2", "max-keys", "1")), cancellation);
    } catch (StoreException explanation) {
      throw ofBucket(explanation);
    }
  }

  private void question(S3Request request, Cancellation cancellation) throws StoreException {
    link.requests()
        .ask(
            "find bucket",
            request.bucket(),
            "",
            cancellation,
            () -> link.send(request, answer -> answer),
            Optional::empty,
            failure -> failure.reason() == Reason.DENIED);
  }

  /** Some stores take a bucket for a key. */
  private static StoreException ofBucket(StoreException e) {
    return e.reason() == Reason.NO_SUCH_KEY
        ? new StoreException(Reason.NO_SUCH_BUCKET, String.valueOf(e.getMessage()), e)
        : e;
  }
}
