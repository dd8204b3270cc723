package dev.piecework.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void whatATerminalObeysOrHidesIsShownAsAQuestionMark() {
    assertThat(Table.harmless("a\u001b[2Jb\u202ec\u200bd\u2028e\0")).isEqualTo("a?[2Jb?c?d?e?");
    assertThat(Table.harmless("Größe 日本 🎵")).isEqualTo("Größe 日本 🎵");
  }
}
