package dev.piecework.bencode;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BencodeWriterTest {
  @Test
  void writesKeysSortedWhateverTheOrderOfPutting() {
    byte[] encoded =
        BencodeWriter.dictionary()
            .put("z", 1)
            .put("a", BencodeWriter.list().add("x").add(-2).add(BencodeWriter.list()))
            .put("m", BencodeWriter.dictionary().put("k", new byte[] {0}))
            .put("z", 3)
            .encode();

    assertThat(new String(encoded, StandardCharsets.ISO_8859_1))
        .isEqualTo("d1:al1:xi-2elee1:md1:k1:\u0000e1:zi3ee");
  }

  @Test
  void keysAreSortedByUnsignedBytes() {
    byte[] encoded =
        BencodeWriter.dictionary()
            .putEncoded(new byte[] {(byte) 0xff}, "i1e".getBytes(StandardCharsets.US_ASCII))
            .put("~", 2)
            .encode();

    assertThat(new String(encoded, StandardCharsets.ISO_8859_1)).isEqualTo("d1:~i2e1:\u00ffi1ee");
  }

  @Test
  void textIsUtf8AndItsLengthCountsBytes() {
    assertThat(new String(BencodeWriter.list().add("é").encode(), StandardCharsets.UTF_8))
        .isEqualTo("l2:ée");
  }

  @Test
  void whatIsWrittenIsReadBackInCanonicalForm() throws BencodeException {
    byte[] encoded =
        BencodeWriter.dictionary()
            .put("number", Long.MIN_VALUE)
            .put("text", "été")
            .put("list", BencodeWriter.list().add(new byte[] {1, 2}).add(0))
            .encode();

    BDictionary read =
        (BDictionary) BencodeReader.canonical(BencodeLimits.TORRENT_FILE).read(encoded);

    assertThat(read.integer("number")).contains(Long.MIN_VALUE);
    assertThat(read.string("text").map(BString::text)).contains("été");
    assertThat(read.list("list").map(BList::size)).contains(2);
    assertThat(read.raw()).isEqualTo(encoded);
  }
}
