package dev.piecework.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.Retrying;
import dev.piecework.message.EventType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressBarTest {
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private Instant now = Events.BEGIN;
  private int width = 120;

  @Test
  void aTerminalGetsOneLineThatIsDrawnOverAndOver() {
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.accept(Events.progress("j", 1, 45));
    after(1, bar);

    assertThat(output())
        .doesNotContain("\n")
        .endsWith(
            CLEAR_LINE
                + "45% "
                + "━".repeat(13)
                + "─".repeat(17)
                + "  405/900 MiB  25.0 MiB/s  ETA 40s  8 peers  450/1000 pieces  45/100 parts");
  }

  @Test
  void closingTakesTheLineAway() {
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.accept(Events.progress("j", 1, 45));
    bar.close();

    assertThat(output()).endsWith(CLEAR_LINE);
  }

  @Test
  void eightyColumnsHoldEverything() {
    width = 80;
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.accept(Events.progress("j", 1, 45));
    after(1, bar);

    assertThat(lastLine())
        .isEqualTo(
            "45% ━━━━━─────── 405/900MiB 25.0MiB/s ETA 40s 8 peers 450/1000 pcs 45/100 parts");
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 21, 30, 40, 50, 60, 70, 79, 80, 81, 90, 100, 200})
  void aLineNeverFillsTheLastColumn(int columns) {
    width = columns;
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.tick();
    assertThat(lastLine()).hasSizeLessThan(columns);
    for (int percent = 0; percent <= 100; percent += 10) {
      bar.accept(Events.progress("j", 1 + percent, percent));
      after(1, bar);
      assertThat(lastLine()).startsWith(percent + "%").hasSizeLessThan(columns);
    }
  }

  @Test
  void onlyTheColorStyleUsesColors() {
    bar(ProgressStyle.LIVE, "j").accept(Events.progress("j", 1, 45));
    assertThat(output().replace("\u001b[K", "")).doesNotContain("\u001b");

    bar(ProgressStyle.LIVE_COLOR, "j").accept(Events.progress("j", 1, 45));
    assertThat(output()).contains("\u001b[36m━").endsWith("parts");
  }

  @Test
  void aLogGetsALineEveryTenSecondsAndForEveryChange() {
    ProgressBar bar = bar(ProgressStyle.PLAIN, "j");
    Events.wholeJob("j").stream().limit(4).forEach(bar::accept);
    after(5, bar);
    after(5, bar);
    bar.accept(Events.progress("j", 11, 60));
    after(9, bar);
    after(1, bar);
    after(10, bar);
    bar.accept(Events.completed("j", 2));
    bar.close();

    assertThat(output().lines())
        .containsExactly(
            "accepted",
            "started on node-7",
            "set: 900 MiB in 2 files, 1000 pieces of 1.00 MiB",
            "transfer 50%, 450/900 MiB, 25.0 MiB/s, ETA 40s, 8 peers, 500/1000 pieces, 50/100 parts",
            "transfer 60%, 540/900 MiB, 25.0 MiB/s, ETA 40s, 8 peers, 600/1000 pieces, 60/100 parts",
            "transfer 60%, 540/900 MiB, no news for 20s, 600/1000 pieces, 60/100 parts");
  }

  @Test
  void aChangeThatComesTwiceIsToldOnce() {
    ProgressBar bar = bar(ProgressStyle.PLAIN, "j");
    bar.accept(Events.wholeJob("j").getFirst());
    bar.accept(Events.wholeJob("j").getFirst());

    assertThat(output().lines()).containsExactly("accepted");
  }

  @Test
  void progressThatComesLateIsIgnored() {
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.accept(Events.progress("j", 9, 45));
    bar.accept(Events.progress("j", 1, 5));
    after(1, bar);

    assertThat(lastLine()).startsWith("45%");
  }

  @Test
  void nothingMovesBetweenAttempts() {
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.accept(Events.progress("j", 1, 45));
    bar.accept(
        Events.event(
            "j",
            EventType.RETRYING,
            2,
            new Retrying("STALLED", "no peers", Events.BEGIN.plusSeconds(62))));

    assertThat(output())
        .contains("attempt 1 failed, the next is due in 1m00s: STALLED: no peers\n");
    assertThat(lastLine()).startsWith("retrying 45%").contains("0 B/s  0 peers");
  }

  @Test
  void severalJobsAreAddedUp() {
    ProgressBar bar = bar(ProgressStyle.LIVE, "a", "b", "c");
    bar.accept(Events.progress("a", 1, 40));
    bar.accept(Events.progress("b", 1, 80));
    bar.accept(Events.event("c", EventType.FAILED, 1, new Failed("STALLED", "no peers")));
    after(1, bar);

    assertThat(lastLine()).startsWith("1/3 jobs 60%").contains("1.05/1.76 GiB", "50.0 MiB/s");
  }

  @Test
  void eventsOfOtherJobsAreIgnored() {
    ProgressBar bar = bar(ProgressStyle.PLAIN, "j");
    Events.wholeJob("other").forEach(bar::accept);

    assertThat(output()).isEmpty();
  }

  @Test
  void whatAStrangerWroteReachesNoTerminal() {
    ProgressBar bar = bar(ProgressStyle.LIVE, "j");
    bar.accept(
        Events.event(
            "j",
            EventType.RETRYING,
            2,
            new Retrying("X", "\u001b]0;owned\u0007\n", Events.BEGIN.plusSeconds(3))));

    assertThat(output()).contains("X: ?]0;owned??\n").doesNotContain("\u001b]");
  }

  @Test
  void silentIsSilent() {
    ProgressBar bar = bar(ProgressStyle.SILENT, "j");
    bar.say("something");
    Events.wholeJob("j").forEach(bar::accept);
    after(60, bar);
    bar.close();

    assertThat(output()).isEmpty();
  }

  private ProgressBar bar(ProgressStyle style, String... jobIds) {
    bytes.reset();
    return new ProgressBar(
        new PrintStream(bytes, true, StandardCharsets.UTF_8),
        style,
        () -> width,
        () -> now,
        List.of(jobIds));
  }

  private void after(int seconds, ProgressBar bar) {
    now = now.plus(Duration.ofSeconds(seconds));
    bar.tick();
  }

  private String output() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private String lastLine() {
    return output().substring(output().lastIndexOf(CLEAR_LINE) + CLEAR_LINE.length());
  }
}
