package dev.piecework.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

class CausesTest {
  @Test
  void theInnermostMessageIsToldWithoutNamesOfClasses() {
    IOException innermost = new IOException("Connection\nreset\u001b[31m");
    Exception failure =
        new IllegalStateException(
            "callback; SQL [SELECT 1]; java.io.IOException", new RuntimeException(innermost));

    assertThat(Causes.line(failure)).isEqualTo("Connection reset [31m");
    assertThat(Causes.line(new UncheckedIOException(innermost))).isEqualTo("Connection reset [31m");
  }

  @Test
  void aCauseWithoutAMessageLeavesTheOneAroundIt() {
    assertThat(Causes.line(new IllegalStateException("no room", new InterruptedException())))
        .isEqualTo("no room");
    assertThat(Causes.line(new IllegalStateException(new InterruptedException())))
        .isEqualTo("IllegalStateException");
  }

  @Test
  void aChainWithoutEndEnds() {
    Exception first = new Exception("first");
    Exception second = new Exception("second", first);
    first.initCause(second);

    assertThat(Causes.line(first)).isIn("first", "second");
  }
}
