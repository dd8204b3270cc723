package dev.piecework.worker.store;

import dev.piecework.worker.s3.S3Refusal;
import dev.piecework.worker.store.StoreException.Reason;
import io.minio.errors.ErrorResponseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import okhttp3.Headers;
import okhttp3.Request;

/** What a store's refusals mean: the one place that knows S3's codes. The status counts first. */
final class StoreRefusals {
  /** 4xx codes behind which nothing is wrong with the request. */
  private static final Set<String> TRY_AGAIN =
      Set.of(
          "SlowDown",
          "SlowDownRead",
          "SlowDownWrite",
          "RequestTimeout",
          "RequestLimitExceeded",
          "Throttling",
          "ThrottlingException",
          "OperationAborted",
          "ConditionalRequestConflict",
          "IncompleteBody",
          "BadDigest",
          "XAmzContentSHA256Mismatch",
          "InternalError",
          "ServiceUnavailable",
          "RetryHead");

  private static final Set<String> CREDENTIALS =
      Set.of(
          "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "InvalidTokenId",
          "InvalidToken",
          "ExpiredToken",
          "ExpiredTokenException",
          "AuthFailure",
          "InvalidClientTokenId",
          "UnrecognizedClientException",
          "TokenRefreshRequired");

  /** Refusals that may concern every bucket. */
  private static final Set<String> DENIED = Set.of("AccessDenied", "AllAccessDisabled");

  private static final Set<String> PARTS =
      Set.of("InvalidPart", "InvalidPartOrder", "InvalidPartNumber");

  /** No room, by whatever limit. */
  private static final Set<String> FULL =
      Set.of(
          "QuotaExceeded",
          "InsufficientStorage",
          "InsufficientStorageCapacity",
          "InsufficientCapacity",
          "StorageFull",
          "XMinioStorageFull",
          "XMinioAdminBucketQuotaExceeded");

  private static final String CHECKSUM_HEADERS = "x-amz-checksum-";

  /** Stores tolerate 15 minutes; less than this is no reason to refuse. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private StoreRefusals() {}

  /** A refusal, from whichever client. */
  private record Said(
      int status,
      String code,
      String words,
      Optional<String> region,
      Headers headers,
      Request request,
      long receivedAtMillis,
      Exception cause) {

    String text() {
      return "it answered %s%s"
          .formatted(
              code.isEmpty() ? "HTTP " + status : "%s (HTTP %d)".formatted(code, status),
              words.isBlank() ? "" : ": " + StoreErrors.shorten(words));
    }
  }

  /**
   * @param where what failed and where, as a message begins
   */
  static StoreException of(S3Refusal refusal, String where, String bucket, String key) {
    return of(
        new Said(
            refusal.answer().status(),
            refusal.code(),
            refusal.words(),
            refusal.member("Region").or(() -> refusal.answer().header("x-amz-bucket-region")),
            refusal.answer().headers(),
            refusal.answer().request(),
            refusal.answer().receivedAtMillis(),
            refusal),
        where,
        bucket,
        key);
  }

  /** The same of what the MinIO client has thrown. */
  static StoreException of(ErrorResponseException e, String where, String bucket, String key) {
    String words = e.errorResponse().message();
    return of(
        new Said(
            e.response().code(),
            String.valueOf(e.errorResponse().code()),
            words == null ? "" : words,
            Optional.ofNullable(e.response().header("x-amz-bucket-region")),
            e.response().headers(),
            e.response().request(),
            e.response().receivedResponseAtMillis(),
            e),
        where,
        bucket,
        key);
  }

  private static StoreException of(Said said, String where, String bucket, String key) {
    int status = said.status();
    String code = said.code();
    boolean upload = said.request().url().queryParameter("uploadId") != null;
    if (code.equals("NoSuchBucket") || (status == 404 && code.isEmpty() && key.isEmpty())) {
      return new StoreException(
          Reason.NO_SUCH_BUCKET,
          where + "bucket '" + bucket + "' does not exist: create it, or name another",
          said.cause());
    }
    if (code.equals("NoSuchUpload") || (status == 404 && code.isEmpty() && upload)) {
      return new StoreException(Reason.NO_SUCH_UPLOAD, where + said.text(), said.cause());
    }
    if (code.equals("NoSuchKey")
        || (status == 404 && (code.isEmpty() || code.equals("NotFound")))) {
      return new StoreException(Reason.NO_SUCH_KEY, where + "no such object", said.cause());
    }
    if (PARTS.contains(code)) {
      return new StoreException(Reason.PARTS_DIFFER, where + said.text(), said.cause());
    }
    if (code.equals("EntityTooSmall")) {
      return new StoreException(
          Reason.REFUSED,
          where
              + said.text()
              + ": the store takes larger parts only: set piecework.store.min-part to the least"
              + " that it takes, then retry the job",
          said.cause());
    }
    if (FULL.contains(code) || status == 507) {
      // A quota is the bucket's or the account's; what a full store says is everybody's trouble.
      return new StoreException(
          status < 500 ? Reason.FULL : Reason.UNAVAILABLE,
          where + said.text() + ": it has no room: raise the quota, or delete something",
          said.cause());
    }
    return access(said, where, bucket);
  }

  private static StoreException access(Said said, String where, String bucket) {
    int status = said.status();
    String code = said.code();
    Duration ahead = clockAhead(said);
    boolean skewed = code.equals("RequestTimeTooSkewed");
    if (skewed || (status == 403 && ahead.abs().compareTo(CLOCK_TOLERANCE) > 0)) {
      // A HEAD has no body that could say RequestTimeTooSkewed.
      return new StoreException(
          Reason.WORKER_REFUSED,
          where
              + said.text()
              + ": the clock of this machine is %s the store's, which trusts no signature of another time: set it, by NTP"
                  .formatted(
                      ahead.isZero()
                          ? "not"
                          : ahead.abs().toSeconds()
                              + (ahead.isNegative() ? " s behind" : " s ahead of")),
          said.cause());
    }
    if (CREDENTIALS.contains(code)) {
      return new StoreException(
          Reason.WORKER_REFUSED,
          where + said.text() + ": check piecework.store.access-key, secret-key and region",
          said.cause());
    }
    if (said.region().isPresent() && !code.equals("AccessDenied")) {
      // Signed for another region, or sent to another region's host.
      return new StoreException(
          Reason.REFUSED,
          where
              + said.text()
              + ": the bucket is in region "
              + said.region().get()
              + ": set piecework.store.region to it, and piecework.store.endpoint to that of the"
              + " region",
          said.cause());
    }
    if (code.equals("AuthorizationHeaderMalformed")) {
      return new StoreException(
          Reason.DENIED, where + said.text() + ": check piecework.store.region", said.cause());
    }
    if (TRY_AGAIN.contains(code) || again(status)) {
      return new StoreException(Reason.UNAVAILABLE, where + said.text(), said.cause());
    }
    if (status >= 300 && status < 400) {
      String target = said.headers().get("Location");
      return new StoreException(
          Reason.REFUSED,
          where
              + said.text()
              + (target == null ? "" : ": it redirects to " + StoreErrors.shorten(target))
              + ", where nothing is sent: set piecework.store.endpoint to where the store is",
          said.cause());
    }
    if (checksums(said)) {
      return new StoreException(
          Reason.CHECKSUM_REFUSED,
          where
              + said.text()
              + ": it does not know the checksums that the worker sends: set"
              + " piecework.store.checksums to auto, md5 or none",
          said.cause());
    }
    if (DENIED.contains(code) || status == 401 || status == 403) {
      return new StoreException(
          Reason.DENIED,
          where
              + said.text()
              + ": check the keys and the region; give the access key the rights to read and write"
              + " bucket "
              + bucket,
          said.cause());
    }
    return new StoreException(Reason.REFUSED, where + said.text(), said.cause());
  }

  /**
   * By how much our time of day was ahead of the store's when it answered; zero if it is silent.
   */
  private static Duration clockAhead(Said said) {
    Instant there = said.headers().getInstant("Date");
    return there == null
        ? Duration.ZERO
        : Duration.between(there, Instant.ofEpochMilli(said.receivedAtMillis()));
  }

  /**
   * Whether a store refuses the headers of {@link StoreChecksums}. Such say 501 NotImplemented or
   * 400 InvalidArgument, InvalidRequest and the like, and name the header in the message.
   */
  private static boolean checksums(Said said) {
    boolean sent =
        said.request().headers().names().stream()
            .anyMatch(name -> name.toLowerCase(Locale.ROOT).startsWith(CHECKSUM_HEADERS));
    String words = said.words().toLowerCase(Locale.ROOT);
    boolean named = words.contains("checksum") || words.contains("crc32c");
    boolean unknown = said.status() == 501 || said.code().equals("NotImplemented");
    // A bare "header" may mean another of ours, but none is sent as often.
    return sent
        && ((said.status() == 400 && named) || (unknown && (named || words.contains("header"))));
  }

  /** Whether an HTTP status says that trying again may help. */
  static boolean again(int status) {
    return (status >= 500 && status != 501) || status == 408 || status == 429;
  }
}
