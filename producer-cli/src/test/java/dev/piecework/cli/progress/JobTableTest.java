package dev.piecework.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.JobStatus;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobTableTest {
  private static final Instant NOW = Events.BEGIN.plusSeconds(100);
  private static final String ID = "mw5hd37mjsjpcc5xfvbgu3em6o";

  @Test
  void aWideTerminalShowsAll() {
    assertThat(JobTable.lines(List.of(running(1)), Map.of(), NOW, "", 140, 24))
        .containsExactly(
            "2026-11-21T01:01:40Z  1 running  down 25.0 MiB/s, up 0 B/s",
            "JOB                         STATE    DONE     SIZE        DOWN     UP  PEERS  ETA  PRIO  WORKER  NAME",
            ID + "  running   42%  900 MiB  25.0 MiB/s  0 B/s      8  40s     0  w1      a set");
  }

  @Test
  void aNarrowOneLeavesOffWhatMattersLeast() {
    assertThat(JobTable.lines(List.of(running(1)), Map.of(), NOW, "", 80, 24).get(1))
        .isEqualTo("JOB                         STATE    DONE        DOWN  PEERS  ETA  NAME");
    assertThat(JobTable.lines(List.of(running(1)), Map.of(), NOW, "", 50, 24).get(1))
        .isEqualTo("JOB                         STATE    DONE");
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 37, 60, 80, 81, 100, 200})
  void nothingIsWiderOrHigherThanTheTerminal(int width) {
    List<JobRow> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add(running(1));
    }
    List<String> lines =
        JobTable.lines(rows, Map.of(), NOW, "no worker answered ".repeat(20), width, 24);

    assertThat(lines).hasSizeLessThan(24).allMatch(line -> line.length() < width);
    assertThat(lines.getLast()).startsWith("... and ").contains(" more");
  }

  @Test
  void figuresOfADeadWorkerAreNotShown() {
    assertThat(JobTable.lines(List.of(running(20)), Map.of(), NOW, "", 140, 24).getLast())
        .isEqualTo(ID + "  running   50%  900 MiB     -   -      -    -     0  w1      a set");
    assertThat(JobTable.summary(List.of(running(20)), Map.of(), NOW))
        .endsWith("1 running  down 0 B/s, up 0 B/s");
  }

  @Test
  void aJobWithoutANameIsShownByItsSource() {
    JobRow row = new JobRow(status("queued", "", ""), Optional.empty(), NOW);
    assertThat(JobTable.lines(List.of(row), Map.of(), NOW, "", 140, 24).getLast())
        .endsWith("s3://inbox/a.torrent");
  }

  @Test
  void aJobThatWaitsForTheStoreSaysSinceWhen() {
    String why = "waiting for the object store since 2026-11-21T01:00:03Z: no answer in time";
    String shown = ", waiting for the store since 2026-11-21T01:00:03Z ";
    JobRow running = row("running", why);

    assertThat(JobTable.lines(List.of(running), Map.of(), NOW, "", 160, 24).getLast())
        .startsWith(ID + "  running" + shown);
    assertThat(list(running)).contains("  running" + shown);
    assertThat(list(row("queued", "handed back: " + why))).contains("  queued" + shown);
    assertThat(list(row("failed", why))).doesNotContain("since");
    assertThat(list(row("running", "waiting for better times"))).doesNotContain("since");
  }

  private static JobRow row(String state, String reason) {
    return new JobRow(status(ID, state, "", "a set", reason), Optional.empty(), NOW);
  }

  private static String list(JobRow row) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    new JobStatusPrinter(out, Clock.fixed(NOW, ZoneOffset.UTC))
        .list(OutputFormat.TABLE, List.of(row.status()));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void jobsThatEndedBeforeTheLastTenAreStillCounted() {
    WatchedJobs jobs = new WatchedJobs();
    List<JobStatus> ended = new ArrayList<>();
    for (int i = 0; i < 13; i++) {
      ended.add(status("job" + i, i < 2 ? "cancelled" : "completed", "", "a set"));
    }
    jobs.accept(ended);

    assertThat(jobs.rows()).hasSize(10);
    assertThat(JobTable.summary(jobs.rows(), jobs.endedBefore(), NOW))
        .contains("11 completed, 2 cancelled");
  }

  @Test
  void asManyAsAreAskedForMayBeMore() {
    List<JobRow> rows = Collections.nCopies(WatchedJobs.MOST_ASKED, running(20));

    assertThat(JobTable.summary(rows, Map.of(), NOW)).contains("500+ running");
  }

  @Test
  void theRowDecidesNotTheFigures() {
    JobRow paused = new JobRow(status("paused", ""), Optional.of(figures()), NOW);

    assertThat(paused.figures(NOW)).isEmpty();
    assertThat(paused.done(NOW)).isEqualTo("50%");
    assertThat(new JobRow(status("running", "pause"), Optional.empty(), NOW).state())
        .isEqualTo("running (pause)");
  }

  @Test
  void onePanelShowsPiecesPeersAndRates() {
    List<String> happened = List.of("first", "second", "third");

    assertThat(JobPanel.lines(running(1), happened, NOW, "", 80, 24, false))
        .containsExactly(
            "job       " + ID,
            "name      a set",
            "state     running, at w1",
            "pieces    " + "#".repeat(21) + ".".repeat(29) + " 420/1000 (42%)",
            "stored    0.00/900 MiB, 42/100 parts",
            "rates     down 25.0 MiB/s, up 0 B/s, 40s left",
            "peers     8 peers, 3 seeders",
            "",
            "first",
            "second",
            "third");
    assertThat(JobPanel.lines(running(1), happened, NOW, "lost", 40, 12, false))
        .hasSizeLessThan(12)
        .allMatch(line -> line.length() < 40)
        .contains("notice    lost")
        .endsWith("second", "third");
  }

  @Test
  void namesFromStrangersReachNoTerminal() {
    JobStatus evil = status("running", "", "a\u001b[2Jb");

    assertThat(
            JobTable.lines(
                List.of(new JobRow(evil, Optional.empty(), NOW)), Map.of(), NOW, "", 140, 24))
        .noneMatch(line -> line.contains("\u001b"));
  }

  private static JobRow running(long secondsAgo) {
    return new JobRow(status("running", ""), Optional.of(figures()), NOW.minusSeconds(secondsAgo));
  }

  private static Progress figures() {
    return (Progress) Events.progress(ID, 1, 42).data();
  }

  private static JobStatus status(String state, String ordered) {
    return status(state, ordered, "a set");
  }

  private static JobStatus status(String state, String ordered, String name) {
    return status(ID, state, ordered, name);
  }

  private static JobStatus status(String id, String state, String ordered, String name) {
    return status(id, state, ordered, name, "");
  }

  private static JobStatus status(
      String id, String state, String ordered, String name, String reason) {
    return new JobStatus(
        id,
        state,
        ordered,
        reason,
        1,
        1,
        "w1",
        name,
        "",
        "s3://inbox/a.torrent",
        "",
        new Destination("data", ""),
        900L << 20,
        0,
        1000,
        500,
        NOW,
        NOW,
        Optional.empty(),
        Optional.empty(),
        0,
        Map.of());
  }
}
