package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnnounceTimingTest {
  private static Optional<Duration> seconds(long seconds) {
    return Optional.of(Duration.ofSeconds(seconds));
  }

  @Test
  void intervalsAreKeptSane() {
    assertThat(AnnounceTiming.interval(seconds(1800), Optional.empty())).hasMinutes(30);
    assertThat(AnnounceTiming.interval(Optional.empty(), Optional.empty())).hasMinutes(30);
    assertThat(AnnounceTiming.interval(seconds(1), Optional.empty())).hasSeconds(10);
    assertThat(AnnounceTiming.interval(seconds(10_000_000), Optional.empty())).hasHours(24);
    assertThat(AnnounceTiming.interval(seconds(60), seconds(900))).hasMinutes(15);
  }

  @Test
  void minimumIntervalsAreRespected() {
    assertThat(AnnounceTiming.minInterval(seconds(1800), seconds(900))).hasMinutes(15);
    assertThat(AnnounceTiming.minInterval(seconds(1800), Optional.empty())).hasMinutes(1);
    assertThat(AnnounceTiming.minInterval(seconds(40), Optional.empty())).hasSeconds(40);
    assertThat(AnnounceTiming.minInterval(seconds(60), seconds(900))).hasMinutes(15);
    assertThat(AnnounceTiming.minInterval(seconds(1800), seconds(1))).hasSeconds(5);
  }

  @Test
  void failuresAreRepeatedEverLaterUpToAnHour() {
    assertThat(AnnounceTiming.afterFailure(1)).hasMillis(17_500);
    assertThat(AnnounceTiming.afterFailure(2)).hasSeconds(55);
    assertThat(AnnounceTiming.afterFailure(10)).hasSeconds(1255);
    assertThat(AnnounceTiming.afterFailure(17)).hasMinutes(60);
    assertThat(AnnounceTiming.afterFailure(Integer.MAX_VALUE)).hasMinutes(60);
  }
}
