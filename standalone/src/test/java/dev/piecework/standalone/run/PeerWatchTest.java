package dev.piecework.standalone.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeerWatchTest {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final List<String> JOBS = List.of("one");

  private Instant now = Instant.parse("2026-11-29T00:00:00Z");
  private final PeerWatch watch = new PeerWatch(() -> now, TIMEOUT);

  @Test
  void aJobThatMeetsNobodyIsLeft() {
    report(0, 0, 0);
    now = now.plus(TIMEOUT);
    report(0, 0, 0);

    assertThat(watch.abandoned(JOBS)).get().asString().contains("no peer was reached");
  }

  @Test
  void blocksThatCameBetweenTwoReportsShowThatSomebodyWasThere() {
    report(0, 0, 0);
    report(0, 0, 12_000);
    now = now.plus(TIMEOUT.multipliedBy(3));
    report(0, 0, 0);

    assertThat(watch.abandoned(JOBS)).isEmpty();
  }

  @Test
  void piecesThatCameBetweenTwoReportsShowThatSomebodyWasThere() {
    report(0, 0, 0);
    report(0, 32_768, 0);
    now = now.plus(TIMEOUT.multipliedBy(3));
    report(0, 32_768, 0);

    assertThat(watch.abandoned(JOBS)).isEmpty();
  }

  @Test
  void whatWasThereFromAnEarlierRunIsNobody() {
    report(0, 32_768, 0);
    now = now.plus(TIMEOUT);
    report(0, 32_768, 0);

    assertThat(watch.abandoned(JOBS)).isPresent();
  }

  @Test
  void whileBlocksComeNobodyIsMissed() {
    for (int second = 0; second < 60; second++) {
      now = now.plusSeconds(1);
      assertThat(report(0, 0, 1000)).isEmpty();
    }
  }

  private Optional<String> report(int peers, long verifiedBytes, long bytesPerSecond) {
    return watch.accept(
        new JobEvent(
            "event",
            EventType.PROGRESS,
            "/piecework/workers/w1",
            now,
            "one",
            1,
            1,
            Map.of(),
            new Progress(
                "transfer",
                1 << 20,
                verifiedBytes,
                0,
                bytesPerSecond,
                0,
                peers,
                0,
                0,
                10,
                0,
                1,
                Optional.empty(),
                List.of())));
  }
}
