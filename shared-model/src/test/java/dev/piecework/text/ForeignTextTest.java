package dev.piecework.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignTextTest {
  @Test
  void honestTextStaysAsItIs() {
    assertThat(ForeignText.line("Größe 5 < 7, 日本, 🎵")).isEqualTo("Größe 5 < 7, 日本, 🎵");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0, '\r', '\n', '\t', 0x1b, 0x7f, 0x85, 0x2028, 0x2029, 0xd800, 0xdc00, 0xffff, 0xa0, 0x3000,
        0x3164
      })
  void whatIsNotDrawnBecomesASpace(int codePoint) {
    assertThat(ForeignText.line("a" + Character.toString(codePoint) + "b")).isEqualTo("a b");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x200b, 0x200e, 0x202e, 0x2066, 0x2069, 0xfeff, 0xad, 0x61c, 0xe0041})
  void formattingIsDropped(int codePoint) {
    assertThat(ForeignText.line("a" + Character.toString(codePoint) + "b")).isEqualTo("ab");
  }

  @Test
  void longTextIsCut() {
    assertThat(ForeignText.line("x".repeat(200))).isEqualTo("x".repeat(200));
    assertThat(ForeignText.line("x".repeat(201))).isEqualTo("x".repeat(197) + "...");
    assertThat(ForeignText.line("🎵".repeat(50_000), 10)).isEqualTo("🎵".repeat(7) + "...");
    assertThat(ForeignText.line("ab      cdef", 9)).isEqualTo("ab...");
  }

  @Test
  void nothingIsLeftOfBlanks() {
    assertThat(ForeignText.line(" \0\u200b\n".repeat(1000))).isEmpty();
  }

  @Test
  void shorterThanTheDotsMakesNoSense() {
    assertThatThrownBy(() -> ForeignText.line("a", 2)).isInstanceOf(IllegalArgumentException.class);
  }
}
