package dev.piecework.bencode;

import java.util.Arrays;

/** A bencoded integer of at most 64 bits. */
public final class BInteger implements BValue {
  private final Tokens tokens;
  private final int token;

  BInteger(Tokens tokens, int token) {
    this.tokens = tokens;
    this.token = token;
  }

  /** The number. */
  public long value() {
    // The reader has checked form and range; negative all along, because -2^63 has no opposite.
    byte[] source = tokens.source;
    int at = start() + 1;
    boolean negative = source[at] == '-';
    if (negative) {
      at++;
    }
    long value = 0;
    for (; source[at] != 'e'; at++) {
      value = value * 10 - (source[at] - '0');
    }
    return negative ? value : -value;
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
    return "an integer";
  }

  @Override
  public String toString() {
    return Long.toString(value());
  }
}
