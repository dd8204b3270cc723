package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrackerWordsTest {
  private static final TrackerUrl ASKED =
      TrackerUrl.parse("http://t.example/k3yk3y/announce.php?passkey=se|cret");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unknown passkey k3yk3y",
        "unknown passkey se|cret.",
        "use HTTPS://other.example/se%7Ccret/announce instead",
        "key 0123456789abcdef0123456789abcdef01234567 is banned",
        "key abCDefGHijKLmnOPqrSTuvWXyzABcdEFghIJ is banned"
      })
  void secretsStayOutOfTheLog(String said) {
    assertThat(TrackerWords.forLog(said, ASKED))
        .doesNotContain("k3yk3y", "se|cret", "se%7C", "0123456789abcdef", "abCDef");
  }

  @Test
  void theRestIsKept() {
    assertThat(TrackerWords.forLog("Torrent not registered; announce later", ASKED))
        .isEqualTo("Torrent not registered; announce later");
  }
}
