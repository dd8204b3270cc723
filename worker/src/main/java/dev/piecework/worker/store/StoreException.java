package dev.piecework.worker.store;

import dev.piecework.text.ForeignText;
import dev.piecework.worker.fault.Fault;

/**
 * A request to the object store did not succeed, retries included. The message is one clean line:
 * it quotes what the store, or whatever answered in its place, has said.
 */
public final class StoreException extends Exception {
  private final Reason reason;

  StoreException(Reason reason, String message) {
    super(ForeignText.line(message, Fault.MAX_MESSAGE));
    this.reason = reason;
  }

  StoreException(Reason reason, String message, Throwable cause) {
    super(ForeignText.line(message, Fault.MAX_MESSAGE), cause);
    this.reason = reason;
  }

  /** Why, for programs. */
  public Reason reason() {
    return reason;
  }

  /** The fault of a job whose destination this request was about. */
  public Fault destinationFault() {
    Fault.Kind kind =
        switch (reason) {
          case NO_SUCH_BUCKET, REFUSED -> Fault.Kind.DESTINATION_REFUSED;
          case NO_SUCH_KEY, NO_SUCH_UPLOAD, PARTS_DIFFER -> Fault.Kind.VERIFY_FAILED;
          case UNAVAILABLE, CANCELLED -> Fault.Kind.STORE_UNAVAILABLE;
          case TOO_LARGE -> Fault.Kind.LIMIT_EXCEEDED;
          case BODY_UNREADABLE -> Fault.Kind.SCRATCH_FAILED;
        };
    return new Fault(kind, message());
  }

  /** The fault of a job whose source this request was about. */
  public Fault sourceFault() {
    Fault.Kind kind =
        switch (reason) {
          case NO_SUCH_BUCKET, NO_SUCH_KEY, NO_SUCH_UPLOAD, REFUSED -> Fault.Kind.SOURCE_REFUSED;
          case UNAVAILABLE, CANCELLED -> Fault.Kind.SOURCE_UNAVAILABLE;
          case TOO_LARGE -> Fault.Kind.LIMIT_EXCEEDED;
          case BODY_UNREADABLE, PARTS_DIFFER -> Fault.Kind.INTERNAL;
        };
    return new Fault(kind, message());
  }

  private String message() {
    return String.valueOf(getMessage());
  }

  /** Why a request failed. */
  public enum Reason {
    /** The bucket does not exist. */
    NO_SUCH_BUCKET,
    /** The object does not exist. */
    NO_SUCH_KEY,
    /** The multipart upload is unknown: aborted, expired, or completed already. */
    NO_SUCH_UPLOAD,
    /** The parts that the store has are not those that an upload was to be completed with. */
    PARTS_DIFFER,
    /** Credentials, rights or the request itself were refused: repeating it does not help. */
    REFUSED,
    /** No answer, or one that says to try again later. */
    UNAVAILABLE,
    /** The object is larger than the caller allows. */
    TOO_LARGE,
    /** What was to be sent could not be read here. */
    BODY_UNREADABLE,
    /** The caller gave it up. */
    CANCELLED
  }
}
