package dev.piecework.bencode;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A bencoded list. Walk it: there is no access by index, because that would be a walk each time.
 */
public final class BList implements BValue, Iterable<BValue> {
  private final Tokens tokens;
  private final int token;

  BList(Tokens tokens, int token) {
    this.tokens = tokens;
    this.token = token;
  }

  /** Number of elements; counts them. */
  public int size() {
    int size = 0;
    for (int at = token + 1; at < tokens.next(token); at = tokens.next(at)) {
      size++;
    }
    return size;
  }

  /** Whether there is no element. */
  public boolean isEmpty() {
    return tokens.next(token) == token + 1;
  }

  @Override
  public Iterator<BValue> iterator() {
    return new Iterator<>() {
      private int at = token + 1;

      @Override
      public boolean hasNext() {
        return at < tokens.next(token);
      }

      @Override
      public BValue next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        BValue value = tokens.view(at);
        at = tokens.next(at);
        return value;
      }
    };
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
    return "a list";
  }

  @Override
  public String toString() {
    return "list of " + size();
  }
}
