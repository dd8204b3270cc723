package dev.piecework.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads lines that end in LF or CR LF, one at a time, each of a bounded length. */
final class Lines {
  private final InputStream in;
  private final int maxBytes;
  private long number;

  /**
   * @param in not closed here
   * @param maxBytes longest line
   */
  Lines(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in, 64 << 10);
    this.maxBytes = maxBytes;
  }

  /** Number of the line that {@link #next} returned last, from 1. */
  long number() {
    return number;
  }

  /**
   * The next line without its end; null when there is none.
   *
   * @throws TooLongException when it is longer than allowed
   */
  byte @org.jspecify.annotations.Nullable [] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int read = in.read();
    if (read < 0) {
      return null;
    }
    number++;
    for (; read >= 0 && read != '\n'; read = in.read()) {
      if (line.size() == maxBytes) {
        throw new TooLongException();
      }
      line.write(read);
    }
    byte[] bytes = line.toByteArray();
    boolean carriageReturn = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
    return carriageReturn ? java.util.Arrays.copyOf(bytes, bytes.length - 1) : bytes;
  }

  /** A line is longer than allowed. */
  static final class TooLongException extends IOException {
    private TooLongException() {
      super("line too long");
    }
  }
}
