package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes: a sound torrent or the named exception, in bounded memory and time. */
class MetainfoFuzzTest {
  private static final byte[] TELLING = "ilde0123456789:-/.".getBytes(StandardCharsets.US_ASCII);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void mutatedTorrentsAreSoundOrRefused(long seed) {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<byte[]> corpus =
        Corpus.samples().stream()
            .filter(sample -> sample.bytes() < 5000)
            .map(sample -> Corpus.read(sample.file()))
            .toList();
    Map<MetainfoError, Integer> refused = new EnumMap<>(MetainfoError.class);
    int sound = 0;
    for (int round = 0; round < 10_000; round++) {
      byte[] mutated = mutate(corpus.get(random.nextInt(corpus.size())), random);
      try {
        assertSound(MetainfoParser.parse(mutated));
        sound++;
      } catch (MetainfoException e) {
        refused.merge(e.error(), 1, Integer::sum);
      }
    }
    // Otherwise the mutations are so coarse that they test the first check alone.
    assertThat(sound).isPositive();
    assertThat(refused).hasSizeGreaterThan(6);
  }

  private static void assertSound(Metainfo metainfo) {
    long offset = 0;
    for (TorrentFile file : metainfo.files()) {
      assertThat(file.offset()).isEqualTo(offset);
      assertThat(file.path()).doesNotStartWith("/").doesNotContain("//", "/../", "/./", "\\");
      offset += file.length();
    }
    assertThat(metainfo.totalLength()).isEqualTo(offset).isPositive();
    assertThat(metainfo.pieceHash(metainfo.pieceCount() - 1)).hasSize(20);
    assertThat(metainfo.pieceLength(metainfo.pieceCount() - 1)).isPositive();
  }

  private static byte[] mutate(byte[] original, Random random) {
    byte[] bytes = original;
    for (int n = 1 + random.nextInt(3); n > 0 && bytes.length > 1; n--) {
      int at = random.nextInt(bytes.length);
      bytes =
          switch (random.nextInt(6)) {
            case 0 -> splice(bytes, at, at + 1, new byte[] {(byte) random.nextInt(256)});
            case 1 -> splice(bytes, at, at + 1, new byte[] {TELLING[random.nextInt(18)]});
            case 2 -> splice(bytes, at, at, new byte[] {TELLING[random.nextInt(18)]});
            case 3 -> splice(bytes, at, Math.min(bytes.length, at + 5), new byte[0]);
            case 4 -> Arrays.copyOf(bytes, at);
            default -> {
              int from = random.nextInt(bytes.length);
              int to = Math.min(bytes.length, from + random.nextInt(40));
              yield splice(bytes, at, at, Arrays.copyOfRange(bytes, from, to));
            }
          };
    }
    return bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] with) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    out.writeBytes(with);
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }

  /** A file that costs its reader as much as ten megabytes can. */
  private record Hostile(String what, Supplier<byte[]> bytes) {
    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Hostile> hostileFiles() {
    return Stream.of(
        new Hostile("20 KB of l", () -> "l".repeat(20_000).getBytes(StandardCharsets.US_ASCII)),
        new Hostile("10 MB of d1:a", () -> repeat("d1:a", 9_999_996, "")),
        new Hostile("empty strings", () -> repeat("l0:0:", 9_999_000, "0:")),
        new Hostile("empty lists", () -> repeat("l", 9_999_000, "le")),
        new Hostile("empty keys", () -> repeat("d4:infod", 9_999_000, "0:le")),
        new Hostile("a number of 10 MB", () -> repeat("d1:ai1", 9_999_000, "0")),
        new Hostile("a length of 10 MB", () -> repeat("d1:a1", 9_999_000, "0")),
        new Hostile("files without a path", () -> files("d6:lengthi1ee")),
        new Hostile("files of one path", () -> files("d6:lengthi1e4:pathl1:aee")),
        new Hostile("pad files of one path", () -> files("d4:attr1:p6:lengthi1e4:pathl1:aee")),
        new Hostile(
            "links to nowhere", () -> files("d4:attr1:l4:pathl1:ae12:symlink pathl1:b1:cee")),
        new Hostile("links over links", () -> linkChains()),
        new Hostile("a wide tree below a deep one", () -> deepTree()),
        new Hostile("trackers", () -> repeat("d13:announce-listl", 9_999_000, "l9:http://aae")));
  }

  private static byte[] repeat(String start, int bytes, String unit) {
    String repeated = unit.isEmpty() ? start : unit;
    StringBuilder text = new StringBuilder(start);
    while (text.length() + repeated.length() <= bytes) {
      text.append(repeated);
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] files(String file) {
    StringBuilder text = new StringBuilder("d4:infod5:filesl");
    while (text.length() < 9_900_000) {
      text.append(file);
    }
    return text.append("e4:name1:n12:piece lengthi16384e6:pieces0:ee")
        .toString()
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] linkChains() {
    StringBuilder text =
        new StringBuilder("d4:infod5:filesld6:lengthi1e4:pathl")
            .append("1:d".repeat(99))
            .append("ee");
    for (int i = 1000; i < 40_000; i++) {
      String name = String.valueOf(i);
      String next = String.valueOf(i + 1);
      text.append("d4:attr1:l4:pathl").append(name.length()).append(':').append(name);
      text.append("e12:symlink pathl").append(next.length()).append(':').append(next);
      text.append("1:d".repeat(40)).append("ee");
    }
    return text.append("e4:name1:n12:piece lengthi16384e6:pieces20:")
        .append("h".repeat(20))
        .append("ee")
        .toString()
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] deepTree() {
    String folder = "240:" + "x".repeat(240);
    StringBuilder text = new StringBuilder("d4:infod9:file treed");
    text.append((folder + "d").repeat(90));
    for (int i = 1_000_000; i < 1_350_000; i++) {
      text.append("7:").append(i).append("d0:d6:lengthi0eee");
    }
    text.append("e".repeat(91));
    return text.append("12:meta versioni2e4:name1:n12:piece lengthi16384eee")
        .toString()
        .getBytes(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @MethodSource("hostileFiles")
  void hostileFilesAreRefusedOrReadAndNeverHarm(Hostile file) {
    try {
      assertSound(MetainfoParser.parse(file.bytes().get()));
    } catch (MetainfoException e) {
      assertThat(e.getMessage()).hasSizeLessThan(520);
    }
  }

  @Test
  void deepNestingIsALimitOfItsOwn() {
    assertThatThrownBy(
            () -> MetainfoParser.parse("l".repeat(20_000).getBytes(StandardCharsets.US_ASCII)))
        .isInstanceOf(MetainfoException.class)
        .extracting(e -> ((MetainfoException) e).error())
        .isEqualTo(MetainfoError.LIMIT_EXCEEDED);
  }
}
