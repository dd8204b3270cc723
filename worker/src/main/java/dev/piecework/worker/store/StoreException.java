package dev.piecework.worker.store;

import dev.piecework.text.ForeignText;
import dev.piecework.worker.fault.Fault;

/**
 * A request to the object store did not succeed, retries included. The message is one clean line:
 * it quotes what the store, or whatever answered in its place, has said.
 */
public final class StoreException extends Exception {
  private final Reason reason;
  private final boolean outage;

  StoreException(Reason reason, String message) {
    super(ForeignText.line(message, Fault.MAX_MESSAGE));
    this.reason = reason;
    this.outage = false;
  }

  private StoreException(StoreOutage outage) {
    super(outage.text());
    this.reason = Reason.UNAVAILABLE;
    this.outage = true;
  }

  /** No request was made, or none succeeded, because the store as a whole cannot be used. */
  static StoreException outage(StoreOutage outage) {
    return new StoreException(outage);
  }

  StoreException(Reason reason, String message, Throwable cause) {
    super(ForeignText.line(message, Fault.MAX_MESSAGE), cause);
    this.reason = reason;
    this.outage = false;
  }

  /** The same where the store is well: what was refused or lost is this request's own. */
  StoreException ofRequest() {
    return switch (reason) {
      case WORKER_REFUSED -> new StoreException(Reason.DENIED, message(), this);
      case UNRESOLVED -> new StoreException(Reason.UNAVAILABLE, message(), this);
      default -> this;
    };
  }

  /** Whether the store as a whole could not be used: no job is to blame. */
  public boolean outage() {
    return outage;
  }

  /** Why, for programs. */
  public Reason reason() {
    return reason;
  }

  /** The fault of a job whose destination this request was about. */
  public Fault destinationFault() {
    Fault.Kind kind =
        switch (reason) {
          case NO_SUCH_BUCKET, REFUSED, DENIED, WORKER_REFUSED -> Fault.Kind.DESTINATION_REFUSED;
          case NO_SUCH_KEY, NO_SUCH_UPLOAD, PARTS_DIFFER -> Fault.Kind.VERIFY_FAILED;
          case UNAVAILABLE, UNRESOLVED, CANCELLED -> Fault.Kind.STORE_UNAVAILABLE;
          case TOO_LARGE -> Fault.Kind.LIMIT_EXCEEDED;
          case BODY_UNREADABLE -> Fault.Kind.SCRATCH_FAILED;
        };
    return new Fault(kind, message(), outage);
  }

  /** The fault of a job whose source this request was about. */
  public Fault sourceFault() {
    Fault.Kind kind =
        switch (reason) {
          case NO_SUCH_BUCKET, NO_SUCH_KEY, NO_SUCH_UPLOAD, REFUSED, DENIED, WORKER_REFUSED ->
              Fault.Kind.SOURCE_REFUSED;
          case UNAVAILABLE, UNRESOLVED, CANCELLED -> Fault.Kind.SOURCE_UNAVAILABLE;
          case TOO_LARGE -> Fault.Kind.LIMIT_EXCEEDED;
          case BODY_UNREADABLE, PARTS_DIFFER -> Fault.Kind.INTERNAL;
        };
    return new Fault(kind, message(), outage);
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
    /** The request itself was refused: repeating it does not help. */
    REFUSED,
    /** The key has no right to this. */
    DENIED,
    /**
     * The worker's own key or clock was refused, or it does not trust the store. Only while the
     * store is being asked: a caller sees an {@link #outage()}, or {@link #DENIED}.
     */
    WORKER_REFUSED,
    /** The store's name has no address. Only while the store is being asked. */
    UNRESOLVED,
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
