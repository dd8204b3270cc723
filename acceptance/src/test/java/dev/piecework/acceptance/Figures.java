package dev.piecework.acceptance;

import java.util.Locale;

/** Sizes of the tests, and what they measured, for people. */
public final class Figures {
  /** Bytes. */
  public static final long MEBIBYTE = 1L << 20;

  private Figures() {}

  /** Bytes: those of the property, given in MiB, or else the size that suits every build. */
  static long bytes(String property, long defaultMebibytes) {
    return Long.getLong(property, defaultMebibytes) * MEBIBYTE;
  }

  /** Bytes for people. */
  public static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) MEBIBYTE);
  }

  /** One line for whoever reads the test's output. */
  // SystemOut: figures for a person; no log is set up in tests. AnnotateFormatMethod: the
  // annotation
  // would be a dependency more.
  @SuppressWarnings({"SystemOut", "AnnotateFormatMethod"})
  public static void print(String format, Object... arguments) {
    System.err.println("acceptance: " + String.format(Locale.ROOT, format, arguments));
  }
}
