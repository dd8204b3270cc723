package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Whatever bytes come, the parsers answer with a value and never throw. Seeds are the test's own.
 */
class HostileAnswersTest {
  private static final byte[] VALID =
      ("d8:completei1e14:failure reason0:8:intervali1800e12:min intervali60e5:peersl"
              + "d2:ip9:127.0.0.14:porti6881eee6:peers618:aaaaaaaaaaaaaaaaaa8:retry in1:5"
              + "10:tracker id3:abc15:warning message2:hie")
          .getBytes(StandardCharsets.ISO_8859_1);

  @RepeatedTest(20)
  void httpAnswersWithFlippedBytes(RepetitionInfo repetition) {
    SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
    for (int i = 0; i < 2000; i++) {
      byte[] answer = VALID.clone();
      for (int flips = random.nextInt(1, 6); flips > 0; flips--) {
        answer[random.nextInt(answer.length)] = (byte) random.nextInt(256);
      }
      assertThat(HttpAnswer.read(200, answer)).isNotNull();
    }
  }

  @RepeatedTest(20)
  void udpDatagramsOfRandomBytes(RepetitionInfo repetition) {
    SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
    for (int i = 0; i < 2000; i++) {
      byte[] datagram = new byte[random.nextInt(0, 200)];
      random.nextBytes(datagram);
      if (datagram.length >= 8) {
        // Close enough to an answer to be looked at.
        datagram[0] = datagram[1] = datagram[2] = 0;
        datagram[3] = (byte) random.nextInt(5);
        datagram[4] = datagram[5] = datagram[6] = datagram[7] = 0;
      }
      assertThat(UdpMessages.read(Unpooled.wrappedBuffer(datagram), 0, random.nextBoolean()))
          .isNotNull();
    }
  }

  @RepeatedTest(20)
  void announceUrlsOfRandomCharacters(RepetitionInfo repetition) {
    SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
    String alphabet = "htps:/udp?#[]@%&= \u00e4\u0000\r\n\ud800aA09.-_";
    for (int i = 0; i < 2000; i++) {
      StringBuilder url = new StringBuilder(random.nextBoolean() ? "http://" : "udp://");
      for (int length = random.nextInt(0, 40); length > 0; length--) {
        url.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      if (TrackerUrl.parse(url.toString()) instanceof TrackerUrl.Http http) {
        assertThat(HttpQuery.of(http, Announces.started())).matches("/[!-~]*");
        assertThat(http.authority()).matches("[!-~]+");
      }
    }
  }
}
