package dev.piecework.standalone.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What a failing disk looks like to an S3 client. */
final class StoreErrors {
  private static final int INSUFFICIENT_STORAGE = 507;
  private static final int FORBIDDEN = 403;
  private static final int CONFLICT = 409;

  private StoreErrors() {}

  static S3Exception of(IOException cause, String key) {
    String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (text.contains("no space left") || text.contains("quota exceeded")) {
      return error(INSUFFICIENT_STORAGE, "InsufficientStorage", "the disk is full", cause);
    }
    if (cause instanceof OccupiedException) {
      return error(CONFLICT, "ObjectInTheWay", String.valueOf(cause.getMessage()), cause);
    }
    if (cause instanceof AccessDeniedException || text.contains("read-only file system")) {
      return error(
          FORBIDDEN, "AccessDenied", "the folder may not be written: " + cause.getMessage(), cause);
    }
    if (cause instanceof FileSystemException) {
      return error(
          500,
          "InternalError",
          "%s: %s: %s".formatted(key, cause.getClass().getSimpleName(), cause.getMessage()),
          cause);
    }
    return S3Exceptions.fromStatusCode(500, cause);
  }

  static S3Exception noSuchUpload(String id) {
    return error(404, "NoSuchUpload", "there is no upload " + id, null);
  }

  static S3Exception badDigest() {
    return error(400, "BadDigest", "the bytes do not have the Content-MD5 that was sent", null);
  }

  static S3Exception invalidPart(int number) {
    return error(
        400,
        "InvalidPart",
        "part %d was not uploaded, or has another ETag".formatted(number),
        null);
  }

  private static S3Exception error(
      int status, String code, String message, @Nullable Throwable cause) {
    S3Exception.Builder builder = S3Exception.builder();
    builder.statusCode(status);
    builder.message(message);
    builder.awsErrorDetails(
        AwsErrorDetails.builder().errorCode(code).errorMessage(message).build());
    if (cause != null) {
      builder.cause(cause);
    }
    return (S3Exception) builder.build();
  }
}
