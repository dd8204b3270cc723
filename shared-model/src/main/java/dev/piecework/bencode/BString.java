package dev.piecework.bencode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A bencoded string: bytes, whatever they mean. */
public final class BString implements BValue {
  private final Tokens tokens;
  private final int token;
  private final int contentStart;

  BString(Tokens tokens, int token) {
    this.tokens = tokens;
    this.token = token;
    this.contentStart = tokens.contentStart(token);
  }

  /** Number of bytes. */
  public int length() {
    return end() - contentStart;
  }

  /** First byte of the content in the input, after the colon. */
  public int contentStart() {
    return contentStart;
  }

  /**
   * One byte of the content.
   *
   * @param index from 0 to {@link #length()} - 1
   */
  public byte at(int index) {
    if (index < 0 || index >= length()) {
      throw new IndexOutOfBoundsException("byte " + index + " of " + length());
    }
    return tokens.source[contentStart + index];
  }

  /** A copy of the content. */
  public byte[] bytes() {
    return Arrays.copyOfRange(tokens.source, contentStart, end());
  }

  /** The content as UTF-8; what is not becomes U+FFFD. */
  public String text() {
    return new String(tokens.source, contentStart, length(), StandardCharsets.UTF_8);
  }

  /** Whether the content is exactly these ASCII characters. */
  public boolean equalsAscii(String ascii) {
    if (ascii.length() != length()) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (tokens.source[contentStart + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int start() {
    return tokens.start(token);
  }

  @Override
  public int end() {
    return tokens.end(token);
  }

  @Override
  public byte[] raw() {
    return Arrays.copyOfRange(tokens.source, start(), end());
  }

  @Override
  public String kind() {
    return "a string";
  }

  @Override
  public String toString() {
    return text();
  }
}
