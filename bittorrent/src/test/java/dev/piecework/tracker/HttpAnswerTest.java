package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import dev.piecework.tracker.AnnounceResult.NamedPeer;
import dev.piecework.tracker.AnnounceResult.Retry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpAnswerTest {
  private static AnnounceResult read(String latin1) {
    return HttpAnswer.read(200, latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static InetSocketAddress address(String literal, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
  }

  @Test
  void readsCompactPeersOfBothFamilies() {
    byte[] ipv6 = new byte[18];
    ipv6[15] = 1;
    ipv6[17] = 80;
    byte[] answer =
        BencodeWriter.dictionary()
            .put("interval", 1800)
            .put("min interval", 60)
            .put("peers", new byte[] {1, 2, 3, 4, 0x1a, (byte) 0xe1, 5, 6, 7, 8, 0, 1})
            .put("peers6", ipv6)
            .put("tracker id", "abc")
            .put("warning message", "slow down")
            .encode();
    assertThat(HttpAnswer.read(200, answer))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> {
              assertThat(accepted.interval()).contains(Duration.ofMinutes(30));
              assertThat(accepted.minInterval()).contains(Duration.ofMinutes(1));
              assertThat(accepted.peers())
                  .containsExactly(
                      address("1.2.3.4", 6881), address("5.6.7.8", 1), address("::1", 80));
              assertThat(accepted.trackerId()).isEqualTo("abc");
              assertThat(accepted.warning()).isEqualTo("slow down");
            });
  }

  @Test
  void readsTheDictionaryModel() {
    assertThat(
            read(
                "d8:intervali9e5:peersl"
                    + "d2:ip9:127.0.0.14:porti6881e7:peer id20:aaaaaaaaaaaaaaaaaaaae"
                    + "d2:ip3:::14:porti6882ee"
                    + "d2:ip9:localhost4:porti6883ee"
                    + "d2:ip9:127.0.0.24:port4:6885e"
                    + "d2:ip6:a/b?c=4:porti6883ee"
                    + "6:\1\2\3\4\0\1"
                    + "d2:ip9:127.0.0.14:porti0ee"
                    + "d2:ip9:127.0.0.14:porti65536ee"
                    + "d4:porti6884ee"
                    + "i5e"
                    + "ee"))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> {
              assertThat(accepted.peers())
                  .containsExactly(
                      address("127.0.0.1", 6881),
                      address("::1", 6882),
                      address("127.0.0.2", 6885),
                      address("1.2.3.4", 1));
              assertThat(accepted.named()).containsExactly(new NamedPeer("localhost", 6883));
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"i01800e", "i-0e", "i18446744073709551615e", "i00e", "i-007e"})
  void numbersThatNothingHangsOnDiscardNoAnswer(String number) {
    assertThat(read("d8:complete" + number + "8:interval" + number + "5:peers6:\1\2\3\4\0\1e"))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> assertThat(accepted.peers()).containsExactly(address("1.2.3.4", 1)));
  }

  @Test
  void fewNamesAreTaken() {
    assertThat(read("d5:peersl" + "d2:ip5:a.xyz4:porti1ee".repeat(50) + "ee"))
        .isInstanceOfSatisfying(
            Accepted.class, accepted -> assertThat(accepted.named()).hasSize(HttpAnswer.MAX_NAMED));
  }

  @Test
  void whatScriptsLeaveBeforeTheValueIsSkipped() {
    assertThat(read("\r\n \tde")).isInstanceOf(Accepted.class);
    assertThat(read("\u00ef\u00bb\u00bfde")).isInstanceOf(Accepted.class);
  }

  @Test
  void anIncompleteEntryAndPortZeroAreLeftOut() {
    assertThat(read("d5:peers15:\1\2\3\4\0\0\1\2\3\4\0\1xyze"))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> assertThat(accepted.peers()).containsExactly(address("1.2.3.4", 1)));
  }

  @Test
  void noPeersAndNoIntervalIsAnAnswerToo() {
    assertThat(read("de\n"))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> {
              assertThat(accepted.peers()).isEmpty();
              assertThat(accepted.interval()).isEmpty();
            });
  }

  @Test
  void moreAddressesThanAnybodyNeedsAreCut() {
    byte[] peers = new byte[6 * 10_000];
    java.util.Arrays.fill(peers, (byte) 1);
    byte[] answer = BencodeWriter.dictionary().put("peers", peers).encode();
    assertThat(HttpAnswer.read(200, answer))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> assertThat(accepted.peers()).hasSize(CompactPeers.MAX_PEERS));
  }

  @Test
  void aRefusalIsShownCleanedWhateverTheStatus() {
    byte[] refusal =
        BencodeWriter.dictionary()
            .put("failure reason", "torrent not registered\u0007\u202e")
            .encode();
    assertThat(HttpAnswer.read(200, refusal))
        .isEqualTo(new Failed(HttpAnswer.REFUSED, "torrent not registered"));
    assertThat(HttpAnswer.read(400, refusal))
        .isEqualTo(new Failed(HttpAnswer.REFUSED, "torrent not registered"));
  }

  @Test
  void aRefusalMaySayWhenToComeBack() {
    assertThat(read("d14:failure reason4:busy8:retry ini5ee"))
        .isEqualTo(new Failed(HttpAnswer.REFUSED, "busy", new Retry.After(Duration.ofMinutes(5))));
    assertThat(read("d14:failure reason4:busy8:retry in2:10e"))
        .isEqualTo(new Failed(HttpAnswer.REFUSED, "busy", new Retry.After(Duration.ofMinutes(10))));
    assertThat(read("d14:failure reason4:gone8:retry in5:nevere"))
        .isEqualTo(new Failed(HttpAnswer.REFUSED, "gone", new Retry.Never()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "<html>", "d8:interval", "d8:intervali-ee", "d5:peers99999999999:x", "i5e"})
  void garbageIsAFailure(String body) {
    assertThat(read(body)).isInstanceOf(Failed.class);
  }

  @Test
  void garbageIsQuotedInShort() {
    assertThat(read("<html>\r\n" + "x".repeat(500)))
        .isInstanceOfSatisfying(
            Failed.class,
            failed -> {
              assertThat(failed.message()).contains("not bencoded").doesNotContain("html");
              assertThat(failed.said()).contains("<html>").hasSizeLessThan(100);
            });
  }

  @Test
  void anErrorPageIsNamedByItsStatus() {
    assertThat(HttpAnswer.read(404, "<html>".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(new Failed("answered HTTP status 404"));
    assertThat(HttpAnswer.read(500, "de".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(new Failed("answered HTTP status 500"));
  }

  @Test
  void oddTypesCountAsAbsent() {
    assertThat(read("d8:interval3:abc12:min intervali-5e5:peersi5e6:peers6lee"))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> {
              assertThat(accepted.interval()).isEmpty();
              assertThat(accepted.minInterval()).isEmpty();
              assertThat(accepted.peers()).isEmpty();
            });
  }
}
