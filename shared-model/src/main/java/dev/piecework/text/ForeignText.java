package dev.piecework.text;

/**
 * Cleans text that strangers chose: a tracker's reason, a web server's status line, an exception's
 * message that quotes either. It is cleaned once, where it enters, so that nothing behind that
 * point needs to ask: PostgreSQL refuses U+0000, a terminal obeys escape sequences, a log reader
 * takes a line feed for the end of an entry, and bidirectional or zero-width code points make one
 * text look like another.
 */
public final class ForeignText {
  /** Length of {@link #line(String)}'s result in code points, beyond which text is cut. */
  public static final int MAX_LINE = 200;

  private static final String CUT = "...";

  private ForeignText() {}

  /** One clean line of at most {@link #MAX_LINE} code points. */
  public static String line(String text) {
    return line(text, MAX_LINE);
  }

  /**
   * One clean line: line breaks, control characters, lone surrogates and unassigned code points
   * become spaces; formatting code points (bidirectional, zero-width) are dropped; what is longer
   * is cut and ends with three dots; no space at either end.
   *
   * @param maxCodePoints length of the result at most, the dots included; 3 or more
   */
  public static String line(String text, int maxCodePoints) {
    if (maxCodePoints < CUT.length()) {
      throw new IllegalArgumentException(
          maxCodePoints + " code points: expected at least " + CUT.length());
    }
    StringBuilder clean = new StringBuilder(Math.min(text.length(), maxCodePoints));
    int kept = 0;
    int cutAt = 0; // where the dots would stand
    for (int at = 0; at < text.length(); ) {
      int codePoint = text.codePointAt(at);
      at += Character.charCount(codePoint);
      int type = Character.getType(codePoint);
      if (type == Character.FORMAT || (kept == 0 && isBlank(codePoint, type))) {
        continue;
      }
      if (kept == maxCodePoints) {
        clean.setLength(cutAt);
        return clean.toString().stripTrailing() + CUT;
      }
      clean.appendCodePoint(isBlank(codePoint, type) ? ' ' : codePoint);
      kept++;
      if (kept == maxCodePoints - CUT.length()) {
        cutAt = clean.length();
      }
    }
    return clean.toString().stripTrailing();
  }

  private static boolean isBlank(int codePoint, int type) {
    return switch (type) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          true;
      // Drawn as nothing in most fonts, although Unicode calls them letters or symbols.
      default -> codePoint == 0x3164 || codePoint == 0x2800 || codePoint == 0xffa0;
    };
  }
}
