package dev.piecework.bencode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A bencoded integer. It is {@link #exact() exact} if it has the form of BEP 3 and fits 64 bits;
 * others have been seen ({@code i01800e}, {@code i-0e}, {@code i18446744073709551615e}) and must
 * not cost what stands beside them.
 */
public final class BInteger implements BValue {
  /** Digits of the largest number of 64 bits. */
  private static final int MAX_DIGITS = 19;

  private static final byte[] MAX_POSITIVE =
      Long.toString(Long.MAX_VALUE).getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MAX_NEGATIVE =
      Long.toString(Long.MIN_VALUE).substring(1).getBytes(StandardCharsets.US_ASCII);

  private final Tokens tokens;
  private final int token;

  BInteger(Tokens tokens, int token) {
    this.tokens = tokens;
    this.token = token;
  }

  /**
   * The number; leading zeros count for nothing, and one of more than 64 bits is the largest or the
   * smallest that they hold.
   */
  public long value() {
    // The reader has checked the form; negative all along, because -2^63 has no opposite.
    byte[] source = tokens.source;
    int at = start() + 1;
    boolean negative = source[at] == '-';
    if (negative) {
      at++;
    }
    long least = negative ? Long.MIN_VALUE : -Long.MAX_VALUE;
    long value = 0;
    for (; source[at] != 'e'; at++) {
      int digit = source[at] - '0';
      if (value < (least + digit) / 10) {
        value = least;
        break;
      }
      value = value * 10 - digit;
    }
    return negative ? value : -value;
  }

  /** Whether it is written as BEP 3 demands, shortest and without minus zero, in 64 bits. */
  public boolean exact() {
    byte[] source = tokens.source;
    boolean negative = source[start() + 1] == '-';
    int firstDigit = start() + (negative ? 2 : 1);
    int digits = end() - 1 - firstDigit;
    if (source[firstDigit] == '0') {
      return digits == 1 && !negative;
    }
    if (digits < MAX_DIGITS) {
      return true;
    }
    byte[] most = negative ? MAX_NEGATIVE : MAX_POSITIVE;
    return digits == MAX_DIGITS
        && Arrays.compare(source, firstDigit, end() - 1, most, 0, MAX_DIGITS) <= 0;
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
    return exact()
        ? "an integer"
        : "an integer with a leading zero, minus zero, or of more than 64 bits";
  }

  @Override
  public String toString() {
    return Long.toString(value());
  }
}
