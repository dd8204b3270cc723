package dev.piecework.testkit;

/** Something around a test failed, not what the test is about: says what, and what to do. */
public final class TestkitException extends RuntimeException {
  /**
   * @param message what was wrong, where, what to do
   */
  public TestkitException(String message) {
    super(message);
  }

  /**
   * @param message what was wrong, where, what to do
   * @param cause what made it so
   */
  public TestkitException(String message, Throwable cause) {
    super(message, cause);
  }
}
