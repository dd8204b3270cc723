package dev.piecework.bencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.bencode.BencodeException.Fault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BencodeReaderTest {
  private static final BencodeReader LENIENT = BencodeReader.lenient(BencodeLimits.TORRENT_FILE);
  private static final BencodeReader CANONICAL =
      BencodeReader.canonical(BencodeLimits.TORRENT_FILE);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static BValue read(String text) throws BencodeException {
    return LENIENT.read(bytes(text));
  }

  private static BencodeException refusal(BencodeReader reader, String text) {
    try {
      BValue value = reader.read(bytes(text));
      throw new AssertionError("accepted: " + value);
    } catch (BencodeException e) {
      return e;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "i0e, 0",
    "i42e, 42",
    "i-42e, -42",
    "i9223372036854775807e, 9223372036854775807",
    "i-9223372036854775808e, -9223372036854775808"
  })
  void readsIntegersOfUpTo64Bits(String text, long value) throws BencodeException {
    assertThat(read(text)).isInstanceOf(BInteger.class).hasToString(Long.toString(value));
    assertThat(((BInteger) read(text)).value()).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "ie, MALFORMED, 1",
    "i-e, MALFORMED, 2",
    "i+3e, MALFORMED, 1",
    "i 3e, MALFORMED, 1",
    "i3.5e, MALFORMED, 2",
    "i12, TRUNCATED, 3",
    "i, TRUNCATED, 1"
  })
  void refusesIntegersInAnyOtherForm(String text, Fault fault, int offset) {
    assertThat(refusal(LENIENT, text))
        .returns(fault, BencodeException::fault)
        .returns(offset, BencodeException::offset);
  }

  @ParameterizedTest
  @CsvSource({
    "-0, 0",
    "00, 0",
    "01800, 1800",
    "-03, -3",
    "0009223372036854775807, 9223372036854775807",
    "9223372036854775808, 9223372036854775807",
    "-9223372036854775809, -9223372036854775808",
    "18446744073709551615, 9223372036854775807",
    "99999999999999999999999999999999999999999, 9223372036854775807"
  })
  void anIntegerThatBep3ForbidsCostsNothingBesideIt(String digits, long value)
      throws BencodeException {
    String text = "d1:ai" + digits + "e1:bi7ee";

    BDictionary dictionary = (BDictionary) read(text);

    assertThat(dictionary.integer("a")).isEmpty();
    assertThat(dictionary.anyInteger("a")).contains(value);
    assertThat(dictionary.integer("b")).contains(7L);
    assertThat(refusal(CANONICAL, text))
        .returns(Fault.MALFORMED, BencodeException::fault)
        .returns(4, BencodeException::offset);
    assertThatThrownBy(dictionary::requireCanonical)
        .isInstanceOf(BencodeException.class)
        .hasMessageContaining("leading zero");
  }

  @Test
  void readsStringsOfAnyBytes() throws BencodeException {
    BString string = (BString) LENIENT.read(bytes("4:a:\u0000\u00ff"));

    assertThat(string.bytes()).isEqualTo(bytes("a:\u0000\u00ff"));
    assertThat(string.length()).isEqualTo(4);
    assertThat(string.contentStart()).isEqualTo(2);
    assertThat(string.at(3)).isEqualTo((byte) 0xff);
    assertThat(read("0:")).isInstanceOf(BString.class).extracting(BValue::end).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "-1:a, MALFORMED, 0",
    "01:a, MALFORMED, 0",
    "00:, MALFORMED, 0",
    "3:ab, TRUNCATED, 2",
    "2147483647:ab, TRUNCATED, 11",
    "2147483648:ab, MALFORMED, 9",
    "99999999999999999999:ab, MALFORMED, 9",
    "3, TRUNCATED, 1",
    "1a:b, MALFORMED, 1"
  })
  void refusesStringsInAnyOtherForm(String text, Fault fault, int offset) {
    assertThat(refusal(LENIENT, text))
        .returns(fault, BencodeException::fault)
        .returns(offset, BencodeException::offset);
  }

  @Test
  void readsNestedListsAndDictionaries() throws BencodeException {
    BDictionary dictionary = (BDictionary) read("d1:ai1e1:bl1:xd1:yi2eee1:cdee");

    assertThat(dictionary.size()).isEqualTo(3);
    assertThat(dictionary.integer("a")).contains(1L);
    BList list = dictionary.list("b").orElseThrow();
    assertThat(list.size()).isEqualTo(2);
    List<String> kinds = new ArrayList<>();
    list.forEach(value -> kinds.add(value.kind()));
    assertThat(kinds).containsExactly("a string", "a dictionary");
    assertThat(dictionary.dictionary("c").orElseThrow().isEmpty()).isTrue();
    assertThat(dictionary.string("a")).as("another type").isEmpty();
    assertThat(dictionary.find("d")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "d1:ae, MALFORMED, 4",
    "di1ei2ee, MALFORMED, 1",
    "dle0:e, MALFORMED, 1",
    "d1:ai1e, TRUNCATED, 7",
    "l, TRUNCATED, 1",
    "e, MALFORMED, 0",
    "x, MALFORMED, 0",
    "'', TRUNCATED, 0"
  })
  void refusesBrokenStructure(String text, Fault fault, int offset) {
    assertThat(refusal(LENIENT, text))
        .returns(fault, BencodeException::fault)
        .returns(offset, BencodeException::offset);
  }

  @Test
  void givesTheRawBytesOfAValueAsReceived() throws BencodeException {
    // Unsorted inside: encoding it again would give other bytes.
    byte[] torrent = bytes("d4:infod1:bi2e1:ai1ee3:zzzi0ee");

    BDictionary info = ((BDictionary) LENIENT.read(torrent)).dictionary("info").orElseThrow();

    assertThat(info.raw()).isEqualTo(bytes("d1:bi2e1:ai1ee"));
    assertThat(info.start()).isEqualTo(7);
    assertThat(info.end()).isEqualTo(21);
  }

  @Test
  void readsAValueThatOtherBytesFollow() throws BencodeException {
    byte[] message = bytes("..d8:msg_typei1eePIECE");

    BValue header = LENIENT.readFirst(message, 2);

    assertThat(header.end()).isEqualTo(17);
    assertThat(header.raw()).isEqualTo(bytes("d8:msg_typei1ee"));
    assertThat(refusal(LENIENT, "i1eX"))
        .returns(Fault.TRAILING_BYTES, BencodeException::fault)
        .returns(3, BencodeException::offset);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"d1:bi1e1:ai2ee", "d1:ai1e1:ai2ee", "ld2:aai1e1:ai2eee", "d1:ad1:c0:1:b0:ee"})
  void keysOutOfOrderOrRepeatedAreAcceptedUnlessCanonical(String text) throws BencodeException {
    assertThat(read(text).end()).isEqualTo(text.length());
    assertThat(refusal(CANONICAL, text).fault()).isEqualTo(Fault.NOT_CANONICAL);
  }

  @Test
  void theFirstOfARepeatedKeyCounts() throws BencodeException {
    assertThat(((BDictionary) read("d1:ai1e1:ai2ee")).integer("a")).contains(1L);
  }

  @Test
  void keysAreSortedAsUnsignedBytesShorterFirst() throws BencodeException {
    String sorted = "d0:0:1:a0:2:aa0:1:z0:1:\u00ff0:e";
    assertThat(CANONICAL.read(bytes(sorted)).end()).isEqualTo(sorted.length());
  }

  @Test
  void partOfALenientlyReadInputCanBeRequiredToBeCanonical() throws BencodeException {
    BDictionary root = (BDictionary) read("d1:zd1:ai1e1:bi2ee1:yd1:xd1:b0:1:a0:eee");

    root.dictionary("z").orElseThrow().requireCanonical();
    assertThatThrownBy(() -> root.dictionary("y").orElseThrow().requireCanonical())
        .isInstanceOf(BencodeException.class)
        .hasMessageContaining("not sorted at byte");
  }

  @Test
  void refusesMoreThanItsLimits() throws BencodeException {
    BencodeReader reader = BencodeReader.lenient(new BencodeLimits(12, 2, 4));

    assertThat(reader.read(bytes("lli1ei2eee")).end()).isEqualTo(10);
    assertThat(refusal(reader, "lllee")).returns(Fault.LIMIT_EXCEEDED, BencodeException::fault);
    assertThat(refusal(reader, "l0:0:0:0:e"))
        .returns(Fault.LIMIT_EXCEEDED, BencodeException::fault);
    assertThat(refusal(reader, "10:0123456789"))
        .returns(Fault.LIMIT_EXCEEDED, BencodeException::fault);
  }

  @Test
  void deepNestingIsRefusedAndNotRecursedInto() {
    assertThat(refusal(LENIENT, "l".repeat(20_000)))
        .returns(Fault.LIMIT_EXCEEDED, BencodeException::fault)
        .returns(100, BencodeException::offset);
    assertThat(refusal(LENIENT, "d1:a".repeat(5_000)).fault()).isEqualTo(Fault.LIMIT_EXCEEDED);
    BencodeReader deep = BencodeReader.lenient(new BencodeLimits(2_000_000, 1_000_000, 1_000_000));
    assertThat(refusal(deep, "l".repeat(999_999)).fault()).isEqualTo(Fault.TRUNCATED);
  }

  @Test
  void messagesSayWhatAndWhere() {
    assertThat(refusal(LENIENT, "d1:ax"))
        .hasMessage("expected a value (i, l, d or a digit), found 'x' at byte 4");
    assertThat(refusal(LENIENT, "5:abc"))
        .hasMessage("a string of 5 bytes, but only 3 bytes are left at byte 2");
    assertThat(refusal(LENIENT, "di5e1:ae"))
        .hasMessage("expected a dictionary key, which is a string, found 'i' at byte 1");
  }
}
