package dev.piecework.bencode;

import java.util.Arrays;

/**
 * The flat form of parsed bencoding: three ints for each token, in the order of the input. Values
 * are views of it, made when somebody looks; so a hostile torrent of a million tokens costs 12 MiB
 * and not an object each.
 */
final class Tokens {
  final byte[] source;
  private int[] starts = new int[64];
  private int[] ends = new int[64];
  private int[] nexts = new int[64];
  private int count;

  Tokens(byte[] source) {
    this.source = source;
  }

  int count() {
    return count;
  }

  /** Adds a token whose end is not known yet; {@link #close} it. */
  int open(int start) {
    if (count == starts.length) {
      int capacity = count * 2;
      starts = Arrays.copyOf(starts, capacity);
      ends = Arrays.copyOf(ends, capacity);
      nexts = Arrays.copyOf(nexts, capacity);
    }
    starts[count] = start;
    return count++;
  }

  /** Everything added since {@code token} is inside it. */
  void close(int token, int end) {
    ends[token] = end;
    nexts[token] = count;
  }

  /** First byte. */
  int start(int token) {
    return starts[token];
  }

  /** One past the last byte. */
  int end(int token) {
    return ends[token];
  }

  /** The token after this one and all that is inside it. */
  int next(int token) {
    return nexts[token];
  }

  /** First byte of a string token's content, after the colon. */
  int contentStart(int token) {
    int at = starts[token];
    while (source[at] != ':') {
      at++;
    }
    return at + 1;
  }

  BValue view(int token) {
    return switch (source[starts[token]]) {
      case 'd' -> new BDictionary(this, token);
      case 'l' -> new BList(this, token);
      case 'i' -> new BInteger(this, token);
      default -> new BString(this, token);
    };
  }

  /** Order of two string tokens by their raw bytes, as dictionary keys are sorted (BEP 3). */
  int compareStrings(int left, int right) {
    return Arrays.compareUnsigned(
        source, contentStart(left), ends[left], source, contentStart(right), ends[right]);
  }
}
