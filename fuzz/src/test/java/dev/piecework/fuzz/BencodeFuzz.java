package dev.piecework.fuzz;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BInteger;
import dev.piecework.bencode.BList;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BValue;
import dev.piecework.bencode.BencodeException;
import dev.piecework.bencode.BencodeLimits;
import dev.piecework.bencode.BencodeReader;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** Bencoding (BEP 3), lenient and canonical. */
public final class BencodeFuzz {
  private static final BencodeLimits LIMITS = new BencodeLimits(1 << 20, 100, 100_000);

  private BencodeFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    boolean canonical = accepts(BencodeReader.canonical(LIMITS), input);
    boolean lenient = accepts(BencodeReader.lenient(LIMITS), input);
    Checks.that(lenient || !canonical, "the lenient reader refuses what the canonical one accepts");
  }

  private static boolean accepts(BencodeReader reader, byte[] input) {
    BValue value;
    try {
      value = reader.read(input);
    } catch (BencodeException e) {
      return false;
    }
    Checks.that(Arrays.equals(value.raw(), input), "raw bytes differ from the input");
    walk(value);
    return true;
  }

  private static void walk(BValue root) {
    Deque<BValue> left = new ArrayDeque<>();
    left.add(root);
    while (!left.isEmpty()) {
      switch (left.remove()) {
        case BDictionary dictionary ->
            dictionary.forEach(entry -> {
              Checks.that(entry.key().start() < entry.value().start(), "a key after its value");
              left.add(entry.value());
            });
        case BList list -> list.forEach(left::add);
        case BString text ->
            Checks.that(text.bytes().length == text.length(), "a string of another length");
        case BInteger integer ->
            Checks.that(!integer.toString().isEmpty(), "no text of an integer");
      }
    }
  }
}
