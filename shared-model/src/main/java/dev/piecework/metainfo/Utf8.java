package dev.piecework.metainfo;

/**
 * Strict UTF-8 (RFC 3629), one sequence at a time. The JDK's decoder replaces each wrong byte; here
 * a wrong sequence counts as one, as long as its first byte says, so that names come out as in
 * other clients.
 */
final class Utf8 {
  private Utf8() {}

  /** Bytes to move on from {@code at}, at least 1, never past the end. */
  static int sequenceLength(byte[] bytes, int at) {
    return Math.min(announcedLength(bytes[at]), bytes.length - at);
  }

  /** The code point at {@code at}, or -1 if the sequence is no valid UTF-8. */
  static int codePoint(byte[] bytes, int at) {
    int length = announcedLength(bytes[at]);
    if (length == 1) {
      return bytes[at] >= 0 ? bytes[at] : -1;
    }
    if (length > 4 || length > bytes.length - at) {
      return -1;
    }
    int codePoint = bytes[at] & (0x7f >> length);
    for (int i = 1; i < length; i++) {
      if ((bytes[at + i] & 0xc0) != 0x80) {
        return -1;
      }
      codePoint = (codePoint << 6) | (bytes[at + i] & 0x3f);
    }
    int least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    boolean surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
    return codePoint < least || codePoint > 0x10ffff || surrogate ? -1 : codePoint;
  }

  private static int announcedLength(byte first) {
    int value = first & 0xff;
    if (value >= 0xc0 && value < 0xe0) {
      return 2;
    }
    if (value >= 0xe0 && value < 0xf0) {
      return 3;
    }
    if (value >= 0xf0 && value < 0xf8) {
      return 4;
    }
    return value >= 0xf8 && value < 0xfc ? 5 : 1;
  }
}
