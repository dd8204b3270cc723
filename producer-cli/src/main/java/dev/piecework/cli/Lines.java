package dev.piecework.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads lines that end in LF or CR LF, one at a time, each of a bounded length. The byte order mark
 * (EF BB BF) with which Windows begins text in UTF-8 is no part of the first.
 */
final class Lines {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

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
    int from = number == 1 && startsWith(bytes, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
    boolean carriageReturn = bytes.length > from && bytes[bytes.length - 1] == '\r';
    return Arrays.copyOfRange(bytes, from, bytes.length - (carriageReturn ? 1 : 0));
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** A line is longer than allowed. */
  static final class TooLongException extends IOException {
    private TooLongException() {
      super("line too long");
    }
  }
}
