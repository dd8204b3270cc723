package dev.piecework.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NarratorTest {
  @Test
  void breaksLongLinesBetweenWordsUnderTheirText() {
    assertThat(Narrator.wrapped("   1.0 s  one two three", 18))
        .containsExactly("   1.0 s  one two", "          three");
  }

  @Test
  void leavesWhatFitsAndWhatCannotBeBroken() {
    assertThat(Narrator.wrapped("   1.0 s  one", 13)).containsExactly("   1.0 s  one");
    assertThat(Narrator.wrapped("   1.0 s  /a/very/long/path", 14))
        .containsExactly("   1.0 s  /a/very/long/path");
  }
}
