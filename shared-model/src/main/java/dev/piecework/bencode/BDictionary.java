package dev.piecework.bencode;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A bencoded dictionary, in the order of the input. Where a key is repeated, the first one counts,
 * as for libtorrent; where a value has another type than asked for, it counts as absent.
 */
public final class BDictionary implements BValue, Iterable<BDictionary.Entry> {
  private final Tokens tokens;
  private final int token;

  BDictionary(Tokens tokens, int token) {
    this.tokens = tokens;
    this.token = token;
  }

  /** A key and its value. */
  public record Entry(BString key, BValue value) {}

  /**
   * The value of the first key that is exactly these characters.
   *
   * @param key ASCII
   */
  public Optional<BValue> find(String key) {
    for (int at = token + 1; at < tokens.next(token); ) {
      int value = tokens.next(at);
      if (new BString(tokens, at).equalsAscii(key)) {
        return Optional.of(tokens.view(value));
      }
      at = tokens.next(value);
    }
    return Optional.empty();
  }

  /** The string at a key. */
  public Optional<BString> string(String key) {
    return typed(key, BString.class);
  }

  /** The number at a key, if it is {@link BInteger#exact() exact}: for what bytes depend on. */
  public Optional<Long> integer(String key) {
    return typed(key, BInteger.class).filter(BInteger::exact).map(BInteger::value);
  }

  /** The number at a key, however it is written: see {@link BInteger#value()}. */
  public Optional<Long> anyInteger(String key) {
    return typed(key, BInteger.class).map(BInteger::value);
  }

  /** The list at a key. */
  public Optional<BList> list(String key) {
    return typed(key, BList.class);
  }

  /** The dictionary at a key. */
  public Optional<BDictionary> dictionary(String key) {
    return typed(key, BDictionary.class);
  }

  private <T extends BValue> Optional<T> typed(String key, Class<T> type) {
    return find(key).filter(type::isInstance).map(type::cast);
  }

  /** Number of keys; counts them. */
  public int size() {
    int children = 0;
    for (int at = token + 1; at < tokens.next(token); at = tokens.next(at)) {
      children++;
    }
    return children / 2;
  }

  /** Whether there is no key. */
  public boolean isEmpty() {
    return tokens.next(token) == token + 1;
  }

  /**
   * Demands the one form that BEP 3 knows for this value and all inside it: keys sorted as raw
   * bytes, none twice, and exact integers.
   *
   * @throws BencodeException {@code NOT_CANONICAL}, at the key that is out of place, or {@code
   *     MALFORMED}, at the integer
   */
  public void requireCanonical() throws BencodeException {
    for (int at = token; at < tokens.next(token); at++) {
      switch (tokens.source[tokens.start(at)]) {
        case 'd' -> requireSortedKeys(at);
        case 'i' -> BencodeReader.requireCanonicalInteger(tokens, at);
        default -> {}
      }
    }
  }

  private void requireSortedKeys(int dictionary) throws BencodeException {
    int previous = -1;
    for (int key = dictionary + 1;
        key < tokens.next(dictionary);
        key = tokens.next(tokens.next(key))) {
      if (previous >= 0) {
        BencodeReader.requireOrder(tokens, previous, key);
      }
      previous = key;
    }
  }

  @Override
  public Iterator<Entry> iterator() {
    return new Iterator<>() {
      private int at = token + 1;

      @Override
      public boolean hasNext() {
        return at < tokens.next(token);
      }

      @Override
      public Entry next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int value = tokens.next(at);
        Entry entry = new Entry(new BString(tokens, at), tokens.view(value));
        at = tokens.next(value);
        return entry;
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
    return "a dictionary";
  }

  @Override
  public String toString() {
    return "dictionary of " + size();
  }
}
