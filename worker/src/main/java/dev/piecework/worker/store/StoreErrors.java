package dev.piecework.worker.store;

import dev.piecework.worker.s3.S3Refusal;
import dev.piecework.worker.s3.UnreadableAnswerException;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Turns what the clients throw into a reason and a message. */
final class StoreErrors {
  private static final int LONGEST_DETAIL = 300;

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
      case StreamedBody.BodyException e ->
          new StoreException(
              Reason.BODY_UNREADABLE, "cannot read what is to be uploaded: " + detail(e), e);
      case S3Refusal e -> StoreRefusals.of(e, where, bucket, key);
      case ErrorResponseException e -> StoreRefusals.of(e, where, bucket, key);
      case ServerException e ->
          StoreRefusals.again(e.statusCode())
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
                  + "it answered something that is not S3 (check that piecework.store.endpoint is"
                  + " the store's S3 port): "
                  + detail(e),
              e);
      case XmlParserException e ->
          new StoreException(Reason.UNREADABLE, where + "unreadable answer: " + detail(e), e);
      case UnreadableAnswerException e ->
          new StoreException(
              Reason.UNREADABLE,
              where
                  + "it answered something that is not S3 (check that piecework.store.endpoint is"
                  + " the store's S3 port): "
                  + detail(e),
              e);
      case ArrivedOtherwiseException e ->
          new StoreException(Reason.UNAVAILABLE, where + detail(e), e);
      case ProviderException e ->
          new StoreException(
              Reason.WORKER_REFUSED,
              where
                  + "there are no keys to be had for the role of this pod or machine"
                  + " (piecework.store.credentials is iam): "
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

  private static String detail(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : shorten(message);
  }

  static String shorten(String text) {
    String line = text.lines().findFirst().orElse("").strip();
    return line.length() <= LONGEST_DETAIL ? line : line.substring(0, LONGEST_DETAIL) + "...";
  }

  /** Finds the exception that says something under the wrappers of futures, client and OkHttp. */
  private static Throwable unwrap(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof StreamedBody.BodyException) {
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
