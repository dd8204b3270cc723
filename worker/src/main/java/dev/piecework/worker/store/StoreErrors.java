package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.InvalidResponseException;
import io.minio.errors.MinioException;
import io.minio.errors.ServerException;
import io.minio.errors.XmlParserException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.ProviderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.Response;

/**
 * Turns what the client throws into a reason and a message: the one place that knows S3's codes.
 */
final class StoreErrors {
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
  private static final Set<String> DENIED =
      Set.of("AccessDenied", "AllAccessDisabled", "AuthorizationHeaderMalformed");

  private static final Set<String> PARTS =
      Set.of("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidPartNumber");

  private static final String CHECKSUM_HEADERS = "x-amz-checksum-";

  private static final int LONGEST_DETAIL = 300;

  /** Stores tolerate 15 minutes; less than this is no reason to refuse. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private final URI endpoint;

  StoreErrors(URI endpoint) {
    this.endpoint = endpoint;
  }

  /**
   * @param thrown what came out of the client
   * @param action what was being done, as {@code "upload part 3 of"}
   * @param bucket the bucket it was done to
   * @param key the object; may be empty
   */
  StoreException translate(Throwable thrown, String action, String bucket, String key) {
    Throwable cause = unwrap(thrown);
    String where =
        "cannot %s %s in the object store at %s: "
            .formatted(action, key.isEmpty() ? bucket : bucket + "/" + key, endpoint);
    return switch (cause) {
      case StreamedBuffer.BodyException e ->
          new StoreException(
              Reason.BODY_UNREADABLE, "cannot read what is to be uploaded: " + detail(e), e);
      case ErrorResponseException e -> answered(e, where, bucket);
      case ServerException e ->
          status(e.statusCode())
              ? new StoreException(
                  Reason.UNAVAILABLE, where + "it answered HTTP " + e.statusCode(), e)
              : new StoreException(
                  Reason.REFUSED,
                  where + "it answered HTTP " + e.statusCode() + ": check the endpoint",
                  e);
      case InvalidResponseException e ->
          new StoreException(
              Reason.UNAVAILABLE,
              where
                  + "it answered something that is not S3 (check that piecework.store.endpoint is the store's S3 port): "
                  + detail(e),
              e);
      case XmlParserException e ->
          new StoreException(Reason.UNAVAILABLE, where + "unreadable answer: " + detail(e), e);
      case ProviderException e ->
          new StoreException(
              Reason.WORKER_REFUSED,
              where
                  + "there are no keys to be had for the role of this pod or machine (piecework.store.credentials is iam): "
                  + detail(e),
              e);
      case ConnectException e ->
          new StoreException(
              Reason.UNAVAILABLE,
              where + "connection refused; is it running, is piecework.store.endpoint right?",
              e);
      case UnknownHostException e ->
          new StoreException(
              Reason.UNRESOLVED, where + "unknown host; check piecework.store.endpoint", e);
      case SocketTimeoutException e ->
          new StoreException(Reason.UNAVAILABLE, where + "no answer in time", e);
      case SSLException e ->
          new StoreException(
              untrusted(e) ? Reason.WORKER_REFUSED : Reason.UNAVAILABLE,
              where + "TLS failed: " + detail(e) + ": check piecework.store.ca-file and endpoint",
              e);
      case IOException e ->
          new StoreException(Reason.UNAVAILABLE, where + "connection lost: " + detail(e), e);
      case IllegalArgumentException e ->
          new StoreException(Reason.REFUSED, where + detail(e) + ": correct the name", e);
      default -> new StoreException(Reason.UNAVAILABLE, where + detail(cause), cause);
    };
  }

  private static StoreException answered(ErrorResponseException e, String where, String bucket) {
    String code = String.valueOf(e.errorResponse().code());
    int status = e.response().code();
    String said = "it answered %s (HTTP %d)%s".formatted(code, status, message(e));
    if (code.equals("NoSuchBucket")) {
      return new StoreException(
          Reason.NO_SUCH_BUCKET,
          where + "bucket '" + bucket + "' does not exist: create it, or name another",
          e);
    }
    if (code.equals("NoSuchUpload")) {
      return new StoreException(Reason.NO_SUCH_UPLOAD, where + said, e);
    }
    if (code.equals("NoSuchKey")) {
      return new StoreException(Reason.NO_SUCH_KEY, where + "no such object", e);
    }
    if (PARTS.contains(code)) {
      return new StoreException(Reason.PARTS_DIFFER, where + said, e);
    }
    Duration ahead = clockAhead(e.response());
    boolean skewed = code.equals("RequestTimeTooSkewed");
    if (skewed || (status == 403 && ahead.abs().compareTo(CLOCK_TOLERANCE) > 0)) {
      // A HEAD has no body that could say RequestTimeTooSkewed.
      return new StoreException(
          Reason.WORKER_REFUSED,
          where
              + said
              + ": the clock of this machine is %s the store's, which trusts no signature of another time: set it, by NTP"
                  .formatted(
                      ahead.isZero()
                          ? "not"
                          : ahead.abs().toSeconds()
                              + (ahead.isNegative() ? " s behind" : " s ahead of")),
          e);
    }
    if (CREDENTIALS.contains(code)) {
      return new StoreException(
          Reason.WORKER_REFUSED,
          where + said + ": check piecework.store.access-key, secret-key and region",
          e);
    }
    if (TRY_AGAIN.contains(code) || status(status)) {
      return new StoreException(Reason.UNAVAILABLE, where + said, e);
    }
    if (checksums(code, e)) {
      return new StoreException(
          Reason.REFUSED,
          where
              + said
              + ": it does not know the checksum headers that the worker sends: set piecework.store.checksums=false",
          e);
    }
    if (DENIED.contains(code) || status == 401 || status == 403) {
      return new StoreException(
          Reason.DENIED,
          where
              + said
              + ": check the keys and the region; give the access key the rights to read and write bucket "
              + bucket,
          e);
    }
    // Amazon's store, to a request that was signed for another region.
    String region = e.response().header("x-amz-bucket-region");
    if (region != null) {
      return new StoreException(
          Reason.REFUSED,
          where
              + said
              + ": the bucket is in region "
              + region
              + ": set piecework.store.region to it",
          e);
    }
    return new StoreException(Reason.REFUSED, where + said, e);
  }

  /**
   * By how much our time of day was ahead of the store's when it answered; zero if it is silent.
   */
  private static Duration clockAhead(Response response) {
    Instant there = response.headers().getInstant("Date");
    return there == null
        ? Duration.ZERO
        : Duration.between(there, Instant.ofEpochMilli(response.receivedResponseAtMillis()));
  }

  /** Whether it is a certificate that TLS failed of; otherwise the connection may have been cut. */
  private static boolean untrusted(SSLException e) {
    if (e instanceof SSLPeerUnverifiedException) {
      return true;
    }
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof CertificateException || at instanceof CertPathValidatorException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a store refuses the headers of {@link StoreChecksums}. Such say 501 NotImplemented or
   * 400 InvalidArgument, InvalidRequest and the like, and name the header in the message.
   */
  private static boolean checksums(String code, ErrorResponseException e) {
    int status = e.response().code();
    boolean sent =
        e.response().request().headers().names().stream()
            .anyMatch(name -> name.toLowerCase(Locale.ROOT).startsWith(CHECKSUM_HEADERS));
    String words = message(e).toLowerCase(Locale.ROOT);
    boolean named = words.contains("checksum") || words.contains("crc32c");
    boolean unknown = status == 501 || code.equals("NotImplemented");
    // A bare "header" may mean another of ours, but none is sent as often.
    return sent && ((status == 400 && named) || (unknown && (named || words.contains("header"))));
  }

  /** Whether an HTTP status says that trying again may help. */
  private static boolean status(int status) {
    return (status >= 500 && status != 501) || status == 408 || status == 429;
  }

  private static String message(ErrorResponseException e) {
    String message = e.errorResponse().message();
    return message == null || message.isBlank() ? "" : ": " + shorten(message);
  }

  private static String detail(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : shorten(message);
  }

  private static String shorten(String text) {
    String line = text.lines().findFirst().orElse("").strip();
    return line.length() <= LONGEST_DETAIL ? line : line.substring(0, LONGEST_DETAIL) + "...";
  }

  /** Finds the exception that says something under the wrappers of futures, client and OkHttp. */
  private static Throwable unwrap(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof StreamedBuffer.BodyException) {
        return t;
      }
    }
    Throwable t = thrown;
    while (t.getCause() != null
        && (t instanceof CompletionException
            || t instanceof ExecutionException
            || t.getClass() == MinioException.class)) {
      t = t.getCause();
    }
    return t;
  }
}
