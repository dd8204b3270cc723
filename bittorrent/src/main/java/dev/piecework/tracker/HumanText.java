package dev.piecework.tracker;

import java.util.HexFormat;

/** Text of strangers made fit for logs and screens. */
final class HumanText {
  private static final int MAX_CHARACTERS = 200;
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private HumanText() {}

  /** One line without control or formatting characters, of at most 200 characters. */
  static String clean(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .limit(MAX_CHARACTERS)
        .map(c -> isPrintable(c) ? c : ' ')
        .forEach(clean::appendCodePoint);
    return clean.toString().strip();
  }

  /** Two hexadecimal digits. */
  static String hex(byte value) {
    return HEX.toHexDigits(value);
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
