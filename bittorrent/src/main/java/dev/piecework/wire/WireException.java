package dev.piecework.wire;

/**
 * A peer has broken the protocol: it is dropped, and nothing else happens. Has no stack trace, as
 * strangers decide how often it is thrown.
 */
public final class WireException extends Exception {
  /**
   * @param message what was wrong and what was expected
   */
  public WireException(String message) {
    super(message, null, false, false);
  }
}
