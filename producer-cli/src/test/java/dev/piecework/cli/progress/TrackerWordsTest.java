package dev.piecework.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.TrackerOutcome;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrackerWordsTest {
  private static final TrackerOutcome REFUSED =
      new TrackerOutcome("tracker.example.org:80", "connection refused", 0);
  private static final TrackerOutcome EMPTY = new TrackerOutcome("b.example.org:6969", "ok", 0);

  private final TrackerWords words = new TrackerWords();

  @Test
  void saysOnceWhyNobodyIsThere() {
    assertThat(at(0, 0, REFUSED)).isEmpty();
    assertThat(at(2, 0, REFUSED))
        .contains("no peers yet; tracker tracker.example.org:80: connection refused");
    assertThat(at(30, 0, REFUSED)).isEmpty();
  }

  @Test
  void saysItAgainWhenItChanges() {
    assertThat(at(0, 0, REFUSED)).isEmpty();
    assertThat(at(3, 0, REFUSED)).isPresent();
    assertThat(at(4, 0, EMPTY)).as("not too often").isEmpty();
    assertThat(at(13, 0, EMPTY))
        .contains("no peers yet; tracker b.example.org:6969: ok, names 0 peers");
  }

  @Test
  void isSilentWhilePeersAreThereOrHoped() {
    assertThat(at(0, 1, REFUSED)).isEmpty();
    assertThat(at(60, 1, REFUSED)).isEmpty();
    assertThat(at(61, 0, REFUSED)).isEmpty();
    assertThat(at(90, 0, REFUSED, new TrackerOutcome("c:80", "waiting", 0))).isEmpty();
    assertThat(at(90, 0, REFUSED, new TrackerOutcome("c:80", "ok", 4))).isEmpty();
    assertThat(at(90, 0)).isEmpty();
  }

  private Optional<String> at(long second, int peers, TrackerOutcome... trackers) {
    return words.accept(
        Events.BEGIN.plusSeconds(second),
        new Progress(
            "transfer",
            100,
            50,
            0,
            0,
            0,
            peers,
            0,
            1,
            2,
            0,
            1,
            Optional.empty(),
            List.of(trackers)));
  }
}
