package dev.piecework.worker.fault;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FaultTest {
  /** PostgreSQL takes no U+0000, and the row's column 4,000 characters. */
  @Test
  void quotesStrangersInOneCleanLineThatTheDatabaseTakes() {
    String message =
        new Fault(Fault.Kind.SOURCE_UNAVAILABLE, "a\0b\r\nc\u202e" + "🎵".repeat(9000)).message();
    assertThat(message).startsWith("a b  c🎵").endsWith("🎵...").hasSizeLessThanOrEqualTo(4000);
  }
}
