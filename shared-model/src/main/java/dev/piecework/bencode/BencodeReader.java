package dev.piecework.bencode;

import dev.piecework.bencode.BencodeException.Fault;

/**
 * Reads bencoding (BEP 3) from strangers: without recursion, within {@link BencodeLimits}, in one
 * pass. Lengths of strings must have their shortest form ({@code 03:abc} is refused). Keys out of
 * order or repeated, and integers that BEP 3 forbids ({@code i03e}, {@code i-0e}, one of more than
 * 64 bits), are seen in the wild and accepted, unless the reader is {@link
 * #canonical(BencodeLimits) canonical}; {@link BInteger} tells such integers apart.
 */
public final class BencodeReader {
  private final BencodeLimits limits;
  private final boolean canonical;

  private BencodeReader(BencodeLimits limits, boolean canonical) {
    this.limits = limits;
    this.canonical = canonical;
  }

  /** A reader that accepts keys in any order, and repeated ones, of which the first counts. */
  public static BencodeReader lenient(BencodeLimits limits) {
    return new BencodeReader(limits, false);
  }

  /** A reader that refuses whatever is not in canonical form. */
  public static BencodeReader canonical(BencodeLimits limits) {
    return new BencodeReader(limits, true);
  }

  /**
   * Reads a value that is all of the input.
   *
   * @throws BencodeException also if bytes follow it
   */
  public BValue read(byte[] input) throws BencodeException {
    BValue value = readFirst(input, 0);
    if (value.end() != input.length) {
      throw new BencodeException(
          Fault.TRAILING_BYTES,
          value.end(),
          "%d bytes follow the end of the value".formatted(input.length - value.end()));
    }
    return value;
  }

  /**
   * Reads a value that other bytes may follow, as in a metadata message (BEP 9); {@link
   * BValue#end()} says where they begin.
   *
   * @param from where the value begins
   */
  public BValue readFirst(byte[] input, int from) throws BencodeException {
    if (from < 0 || from > input.length) {
      throw new IndexOutOfBoundsException("byte " + from + " of " + input.length);
    }
    if (input.length - from > limits.bytes()) {
      throw new BencodeException(
          Fault.LIMIT_EXCEEDED,
          from,
          "%d bytes, at most %d are accepted".formatted(input.length - from, limits.bytes()));
    }
    return new Pass(input, from).run();
  }

  /** Refuses a key that does not come after the one before it. */
  static void requireOrder(Tokens tokens, int previousKey, int key) throws BencodeException {
    int order = tokens.compareStrings(previousKey, key);
    if (order == 0) {
      throw new BencodeException(Fault.NOT_CANONICAL, tokens.start(key), "a key comes twice");
    }
    if (order > 0) {
      throw new BencodeException(Fault.NOT_CANONICAL, tokens.start(key), "keys are not sorted");
    }
  }

  /** Refuses an integer that is not as BEP 3 writes it. */
  static void requireCanonicalInteger(Tokens tokens, int token) throws BencodeException {
    BInteger integer = new BInteger(tokens, token);
    if (!integer.exact()) {
      throw new BencodeException(Fault.MALFORMED, tokens.start(token), integer.kind());
    }
  }

  private static String printable(byte value) {
    return value > 0x20 && value < 0x7f
        ? "'" + (char) value + "'"
        : "0x%02x".formatted(value & 0xff);
  }

  /** One reading: the position, and the containers that are open. */
  private final class Pass {
    private final byte[] input;
    private final Tokens tokens;
    private final int[] open = new int[limits.depth()];
    private final int[] lastKey = new int[limits.depth()];
    private final boolean[] valueNext = new boolean[limits.depth()];
    private int depth;
    private int at;

    Pass(byte[] input, int from) {
      this.input = input;
      this.tokens = new Tokens(input);
      this.at = from;
    }

    BValue run() throws BencodeException {
      do {
        step();
      } while (depth > 0);
      return tokens.view(0);
    }

    private void step() throws BencodeException {
      byte first = peek("a value");
      if (first == 'e' && depth > 0) {
        closeContainer();
        return;
      }
      if (tokens.count() >= limits.tokens()) {
        throw fault(Fault.LIMIT_EXCEEDED, "more than %d values".formatted(limits.tokens()));
      }
      boolean inDictionary = depth > 0 && input[tokens.start(open[depth - 1])] == 'd';
      boolean key = inDictionary && !valueNext[depth - 1];
      if (key && (first < '0' || first > '9')) {
        throw fault(
            Fault.MALFORMED,
            "expected a dictionary key, which is a string, found " + printable(first));
      }
      int level = depth - 1;
      switch (first) {
        case 'd', 'l' -> openContainer();
        case 'i' -> integer();
        default -> {
          if (first < '0' || first > '9') {
            throw fault(
                Fault.MALFORMED,
                "expected a value (i, l, d or a digit), found " + printable(first));
          }
          string();
        }
      }
      if (inDictionary) {
        if (key && canonical) {
          checkOrder(level, tokens.count() - 1);
        }
        valueNext[level] = key;
      }
    }

    private void checkOrder(int level, int key) throws BencodeException {
      if (lastKey[level] >= 0) {
        requireOrder(tokens, lastKey[level], key);
      }
      lastKey[level] = key;
    }

    private void openContainer() throws BencodeException {
      if (depth == limits.depth()) {
        throw fault(
            Fault.LIMIT_EXCEEDED,
            "more than %d lists and dictionaries inside each other".formatted(limits.depth()));
      }
      open[depth] = tokens.open(at++);
      lastKey[depth] = -1;
      valueNext[depth] = false;
      depth++;
    }

    private void closeContainer() throws BencodeException {
      if (valueNext[depth - 1]) {
        throw fault(Fault.MALFORMED, "the dictionary ends after a key, expected its value");
      }
      depth--;
      at++;
      tokens.close(open[depth], at);
    }

    private void integer() throws BencodeException {
      int token = tokens.open(at++);
      if (peek("an integer") == '-') {
        at++;
      }
      int firstDigit = at;
      for (byte digit = peek("an integer"); digit != 'e'; digit = peek("an integer")) {
        if (digit < '0' || digit > '9') {
          throw notADigit(digit);
        }
        at++;
      }
      if (at == firstDigit) {
        throw fault(Fault.MALFORMED, "expected a digit, found 'e'");
      }
      at++;
      tokens.close(token, at);
      if (canonical) {
        requireCanonicalInteger(tokens, token);
      }
    }

    private void string() throws BencodeException {
      int token = tokens.open(at);
      int firstDigit = at;
      long length = 0;
      for (byte digit = peek("a string"); digit != ':'; digit = peek("a string")) {
        length = appendDigit(length, digit, -Integer.MAX_VALUE);
        at++;
      }
      if (input[firstDigit] == '0' && at - firstDigit > 1) {
        at = firstDigit;
        throw fault(Fault.MALFORMED, "a string length with a leading zero");
      }
      at++;
      if (-length > input.length - at) {
        throw fault(
            Fault.TRUNCATED,
            "a string of %d bytes, but only %d bytes are left"
                .formatted(-length, input.length - at));
      }
      at += (int) -length;
      tokens.close(token, at);
    }

    /** Lengths are built as negatives, whose range is one larger. */
    private long appendDigit(long negated, byte digit, long least) throws BencodeException {
      if (digit < '0' || digit > '9') {
        throw notADigit(digit);
      }
      int value = digit - '0';
      if (negated < (least + value) / 10) {
        throw fault(Fault.MALFORMED, "a number too large");
      }
      return negated * 10 - value;
    }

    private BencodeException notADigit(byte found) {
      return fault(Fault.MALFORMED, "expected a digit, found " + printable(found));
    }

    private byte peek(String inside) throws BencodeException {
      if (at >= input.length) {
        throw fault(Fault.TRUNCATED, "the input ends where " + inside + " was to go on");
      }
      return input[at];
    }

    private BencodeException fault(Fault fault, String what) {
      return new BencodeException(fault, at, what);
    }
  }
}
