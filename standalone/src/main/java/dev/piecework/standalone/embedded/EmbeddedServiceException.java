package dev.piecework.standalone.embedded;

/** An embedded service did not start: says which, why, and what to do. */
public final class EmbeddedServiceException extends Exception {
  /** Wraps what the service itself said. */
  public EmbeddedServiceException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Where nothing else failed. */
  public EmbeddedServiceException(String message) {
    super(message);
  }
}
