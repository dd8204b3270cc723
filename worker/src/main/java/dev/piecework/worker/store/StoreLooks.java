package dev.piecework.worker.store;

import dev.piecework.worker.s3.S3Answer;
import dev.piecework.worker.s3.S3Request;
import dev.piecework.worker.store.StoreException.Reason;
import java.util.Map;
import java.util.Optional;

/** The requests about an object that is there: what it is, and its end. */
final class StoreLooks {
  private final StoreLink link;
  private final StoreListings listings;

  StoreLooks(StoreLink link, StoreListings listings) {
    this.link = link;
    this.listings = listings;
  }

  /**
   * What the store knows of an object.
   *
   * @return empty when there is no such object
   */
  Optional<StoredStat> stat(String bucket, String key, Cancellation cancellation)
      throws StoreException {
    S3Request request =
        S3Request.of("HEAD", bucket, key, Map.of())
            .withHeaders(link.checksums(bucket).ofQuestion());
    S3Answer answer;
    try {
      answer =
          link.requests()
              .call("look up", bucket, key, cancellation, () -> link.send(request, given -> given));
    } catch (StoreException e) {
      if (e.reason() == Reason.NO_SUCH_KEY) {
        return Optional.empty();
      }
      throw e;
    }
    Optional<Long> size = answer.header("Content-Length").map(Long::parseLong);
    if (size.isEmpty()) {
      // Some stores, and proxies before others, do not say it of what is not sent.
      size = listings.size(bucket, key, cancellation);
    }
    return Optional.of(StoredStat.of(answer, size.orElse(-1L), link.dialect(bucket)));
  }

  /** Deletes an object; one that is gone already is no error. */
  void delete(String bucket, String key, Cancellation cancellation) throws StoreException {
    S3Request request = S3Request.of("DELETE", bucket, key, Map.of());
    try {
      link.requests()
          .call("delete", bucket, key, cancellation, () -> link.send(request, answer -> answer));
    } catch (StoreException e) {
      if (e.reason() != Reason.NO_SUCH_KEY) {
        throw e;
      }
    }
  }
}
