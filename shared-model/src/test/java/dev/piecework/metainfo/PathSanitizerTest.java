package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What libtorrent 2.0 makes of the same names, but for trailing dots and spaces. */
class PathSanitizerTest {
  private static String path(String... elements) {
    return String.join(
        "/",
        PathSanitizer.path(
            List.of(elements).stream()
                .map(element -> element.getBytes(StandardCharsets.UTF_8))
                .toList()));
  }

  private static String bytes(int... values) {
    byte[] raw = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      raw[i] = (byte) values[i];
    }
    return String.join("/", PathSanitizer.path(List.of(raw)));
  }

  @Test
  void ordinaryNamesStayAsTheyAre() {
    assertThat(path("a b", "été ÷ 日本語 \ud83d\ude00", "x.tar.gz", ".hidden", "C:*?"))
        .isEqualTo("a b/été ÷ 日本語 \ud83d\ude00/x.tar.gz/.hidden/C:*?");
  }

  @ParameterizedTest
  @CsvSource({
    "foo/bar, foobar",
    "'\\..\\x', ..x",
    "foo/../../../bar, foo......bar",
    "a\u202eb, ab",
    "\ufeffa\u200b\u061c\u2066, a",
    "'a. . ', a",
    "'...', _",
    "'   ', _",
    "'', _"
  })
  void elementsAreFreedOfWhatMisleads(String element, String expected) {
    assertThat(path(element)).isEqualTo(expected);
  }

  @Test
  void controlCharactersBecomeUnderscores() {
    assertThat(path("a\u0000b\nc\u007fd\u0085e")).isEqualTo("a_b_c_d_e");
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "..", "/", "\\", "/..", "../", "\u200b", ".\u200b."})
  void elementsThatMeanNoFileVanish(String element) {
    assertThat(path("a", element, "b")).isEqualTo("a/b");
    assertThat(path(element)).isEqualTo("_");
    assertThat(path(element, element)).isEqualTo("_");
  }

  @Test
  void invalidUtf8BecomesOneUnderscoreForEachSequence() {
    assertThat(bytes('a', 0xff, 0xfe, 'b')).isEqualTo("a__b");
    assertThat(bytes('a', 0xc3)).as("truncated").isEqualTo("a_");
    assertThat(bytes(0xc0, 0xaf)).as("overlong slash").isEqualTo("_");
    assertThat(bytes(0xe0, 0x80, 0xaf)).as("longer overlong slash").isEqualTo("_");
    assertThat(bytes(0xed, 0xa0, 0x80)).as("surrogate").isEqualTo("_");
    assertThat(bytes(0xf4, 0x90, 0x80, 0x80)).as("beyond U+10FFFF").isEqualTo("_");
    assertThat(bytes(0xf8, 0x88, 0x80, 0x80, 0x80, 'x')).as("five bytes").isEqualTo("_x");
    assertThat(bytes(0xe2, 0x82, 'x', 'y')).as("broken inside").isEqualTo("_y");
  }

  @Test
  void longElementsAreCutAt240BytesButKeepAShortExtension() {
    assertThat(path("x".repeat(240))).hasSize(240);
    assertThat(path("x".repeat(300))).isEqualTo("x".repeat(240));
    assertThat(path("x".repeat(300) + ".txt")).isEqualTo("x".repeat(240) + ".txt");
    assertThat(path("x".repeat(300) + ".12345678")).isEqualTo("x".repeat(240) + ".12345678");
    assertThat(path("x".repeat(300) + ".123456789")).isEqualTo("x".repeat(240));
    assertThat(path("é".repeat(150) + ".jpg")).isEqualTo("é".repeat(120) + ".jpg");
    assertThat(path("\ud83d\ude00".repeat(80))).isEqualTo("\ud83d\ude00".repeat(60));
  }

  @Test
  void aNameOfWhichNothingIsLeftIsNone() {
    for (String name : List.of("", ".", "..", "//", "\u200b")) {
      assertThat(PathSanitizer.name(name.getBytes(StandardCharsets.UTF_8))).isEmpty();
    }
    assertThat(PathSanitizer.name("...".getBytes(StandardCharsets.UTF_8))).contains("_");
    assertThat(PathSanitizer.name("a/b".getBytes(StandardCharsets.UTF_8))).contains("ab");
  }

  @Test
  void whateverTheBytesNoPathLeavesItsFolder() {
    long seed = 4711;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] alphabet = {'.', '/', '\\', ' ', 'a', 0, (byte) 0xe2, (byte) 0x80, (byte) 0x8b, -1};
    for (int round = 0; round < 20_000; round++) {
      byte[] element = new byte[random.nextInt(12)];
      for (int i = 0; i < element.length; i++) {
        element[i] = alphabet[random.nextInt(alphabet.length)];
      }
      for (String part : PathSanitizer.path(List.of(element, element))) {
        assertThat(part)
            .isNotEmpty()
            .isNotEqualTo(".")
            .isNotEqualTo("..")
            .doesNotContain("/", "\\", "\u0000");
      }
    }
  }
}
