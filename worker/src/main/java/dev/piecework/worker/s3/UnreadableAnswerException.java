package dev.piecework.worker.s3;

import java.io.IOException;

/** A store, or what stands in its place, has answered 200 with something that is not S3. */
public final class UnreadableAnswerException extends IOException {
  private static final long serialVersionUID = 1;

  /** What came instead. */
  public UnreadableAnswerException(String message) {
    super(message);
  }

  /** What came instead, and why it cannot be read. */
  public UnreadableAnswerException(String message, Throwable cause) {
    super(message, cause);
  }
}
