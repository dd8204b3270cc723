package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends requests and repeats those that failed for no lasting reason. */
final class StoreRequests {
  private static final Logger log = LoggerFactory.getLogger(StoreRequests.class);

  private final RetryPolicy retries;
  private final RandomGenerator random;
  private final StoreErrors errors;
  private final StoreMeter meter;

  StoreRequests(RetryPolicy retries, RandomGenerator random, StoreErrors errors, StoreMeter meter) {
    this.retries = retries;
    this.random = random;
    this.errors = errors;
    this.meter = meter;
  }

  /**
   * Sends a request until it is answered, refused, given up or tried often enough.
   *
   * @param action what is being done, as {@code "write"}; for messages
   * @param request sends it once
   */
  <T> T call(
      String action,
      String bucket,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request)
      throws StoreException {
    for (int tried = 1; ; tried++) {
      StoreException failure;
      try {
        CompletableFuture<T> answer = request.get();
        cancellation.either(answer).get();
        if (!answer.isDone()) {
          throw cancelled(action, bucket, key);
        }
        return answer.get();
      } catch (ExecutionException | IllegalArgumentException e) {
        failure = errors.translate(e, action, bucket, key);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw cancelled(action, bucket, key);
      }
      if (cancellation.cancelled()) {
        throw cancelled(action, bucket, key);
      }
      if (failure.reason() != Reason.UNAVAILABLE || tried > retries.retries()) {
        throw failure;
      }
      meter.repeated();
      Duration delay = retries.delayBefore(tried, random);
      log.warn(
          "{}; trying again in {} ms ({} of {})",
          failure.getMessage(),
          delay.toMillis(),
          tried,
          retries.retries());
      try {
        if (cancellation.sleep(delay)) {
          throw cancelled(action, bucket, key);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw cancelled(action, bucket, key);
      }
    }
  }

  private static StoreException cancelled(String action, String bucket, String key) {
    return new StoreException(
        Reason.CANCELLED, "gave up to %s %s/%s: stopping".formatted(action, bucket, key));
  }
}
