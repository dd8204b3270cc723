package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class SmartBanTest {
  private static final int BLOCK = 4;

  private final SmartBan<String> ban = new SmartBan<>();

  private static ByteBuffer piece(String text) {
    return ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  @Test
  void namesWhoSentOtherBytesOnceThePiecePasses() {
    assertThat(ban.pieceFailed(3, piece("aaaaXXXXcc"), BLOCK, List.of("a", "bad", "c"))).isEmpty();
    assertThat(ban.suspect("a")).isTrue();
    assertThat(ban.piecePassed(3, piece("aaaabbbbcc"))).containsExactly("bad");
    assertThat(ban.suspect("a")).isFalse();
  }

  @Test
  void theLastShortBlockIsComparedToo() {
    ban.pieceFailed(3, piece("aaaabbbbcX"), BLOCK, List.of("a", "b", "bad"));
    assertThat(ban.piecePassed(3, piece("aaaabbbbcc"))).containsExactly("bad");
  }

  @Test
  void theOnlyContributorIsGuiltyAtOnce() {
    assertThat(ban.pieceFailed(3, piece("aaaaXXXX"), BLOCK, List.of("bad", "bad")))
        .containsExactly("bad");
  }

  @Test
  void whoSendsDifferentBytesForOneBlockIsGuilty() {
    ban.pieceFailed(3, piece("aaaaXXXX"), BLOCK, List.of("a", "bad"));
    assertThat(ban.pieceFailed(3, piece("aaaaYYYY"), BLOCK, List.of("a", "bad")))
        .containsExactly("bad");
  }

  @Test
  void evidenceOfSeveralFailuresAddsUp() {
    ban.pieceFailed(3, piece("XXXXbbbb"), BLOCK, List.of("bad", "b"));
    ban.pieceFailed(3, piece("aaaaYYYY"), BLOCK, List.of("a", "worse"));
    assertThat(ban.piecePassed(3, piece("aaaabbbb"))).containsExactlyInAnyOrder("bad", "worse");
  }

  @Test
  void readsTheBufferFromItsPositionAndLeavesItThere() {
    ByteBuffer data = piece("..aaaaXXXX");
    data.position(2);
    ban.pieceFailed(3, data, BLOCK, List.of("a", "bad"));
    assertThat(data.position()).isEqualTo(2);
    assertThat(ban.piecePassed(3, piece("aaaabbbb"))).containsExactly("bad");
  }

  @Test
  void anUntroubledPieceAccusesNobody() {
    assertThat(ban.hasFailed(1)).isFalse();
    assertThat(ban.piecePassed(1, piece("aaaa"))).isEmpty();
  }

  @Test
  void forgetsTheOldestPieceBeyondItsLimit() {
    SmartBan<String> small = new SmartBan<>(4);
    small.pieceFailed(1, piece("aaaaXXXX"), BLOCK, List.of("a", "bad"));
    small.pieceFailed(2, piece("aaaabbbb"), BLOCK, List.of("a", "b"));
    small.pieceFailed(3, piece("aaaabbbb"), BLOCK, List.of("a", "b"));
    assertThat(small.hasFailed(1)).isFalse();
    assertThat(small.hasFailed(2)).isTrue();
    assertThat(small.hasFailed(3)).isTrue();
    assertThat(small.piecePassed(1, piece("aaaabbbb"))).isEmpty();
  }
}
