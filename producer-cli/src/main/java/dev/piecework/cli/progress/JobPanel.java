package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lays out one job in full for a terminal of some size. */
public final class JobPanel {
  private static final int TITLE = 10;
  private static final int MAX_BAR = 50;

  private JobPanel() {}

  /**
   * The lines.
   *
   * @param happened what has happened, oldest first; the last of it is shown as far as there is
   *     room
   * @param notice what is amiss; empty if nothing is
   * @param unicode whether the terminal shows more than ASCII
   */
  public static List<String> lines(
      JobRow row,
      List<String> happened,
      Instant now,
      String notice,
      int width,
      int height,
      boolean unicode) {
    List<String> lines = new ArrayList<>();
    add(lines, width, "job", row.status().id());
    add(lines, width, "name", row.status().name());
    add(lines, width, "state", state(row));
    add(lines, width, "reason", row.status().reason());
    if (row.status().totalPieces() > 0) {
      figures(lines, row, now, width, unicode);
    }
    JobTable.wrapped(notice, width - 1 - TITLE).forEach(line -> add(lines, width, "notice", line));
    int room = height - lines.size() - 2;
    int begin = Math.max(0, happened.size() - Math.max(0, room));
    if (begin < happened.size()) {
      lines.add("");
      happened.subList(begin, happened.size()).forEach(line -> lines.add(cut(line, width)));
    }
    return lines;
  }

  private static String state(JobRow row) {
    return row.state()
        + (row.status().attempt() > 1 ? ", attempt " + row.status().attempt() : "")
        + (row.status().worker().isEmpty() ? "" : ", at " + row.status().worker())
        + (row.status().state().equals("retrying")
            ? row.status()
                .dueAt()
                .map(due -> ", next attempt at " + due.truncatedTo(ChronoUnit.SECONDS))
                .orElse("")
            : "");
  }

  private static void figures(
      List<String> lines, JobRow row, Instant now, int width, boolean unicode) {
    Optional<Progress> figures = row.figures(now);
    int pieces = figures.map(Progress::verifiedPieces).orElse(row.status().verifiedPieces());
    int total = row.status().totalPieces();
    long uploaded = figures.map(Progress::uploadedBytes).orElse(row.status().uploadedBytes());
    String count = " " + pieces + "/" + total + " (" + Human.percent(pieces, total) + "%)";
    int bar = Math.min(MAX_BAR, width - 1 - TITLE - count.length());
    int full = bar < 5 ? 0 : (int) ((long) bar * pieces / total);
    String drawn =
        bar < 5
            ? ""
            : (unicode ? "━" : "#").repeat(full) + (unicode ? "─" : ".").repeat(bar - full);
    add(lines, width, "pieces", drawn + count);
    add(
        lines,
        width,
        "stored",
        Human.bytesOf(uploaded, row.status().totalBytes())
            + figures
                .map(now2 -> ", " + now2.uploadedParts() + "/" + now2.totalParts() + " parts")
                .orElse(""));
    if (figures.isEmpty()) {
      return;
    }
    Progress told = figures.get();
    add(
        lines,
        width,
        "rates",
        "down "
            + Human.rate(told.downloadBytesPerSecond())
            + ", up "
            + Human.rate(told.uploadBytesPerSecond())
            + told.etaSeconds()
                .map(eta -> ", " + Human.duration(Duration.ofSeconds(eta)) + " left")
                .orElse(""));
    add(
        lines,
        width,
        "peers",
        Human.count(told.peers(), "peer") + ", " + Human.count(told.seeders(), "seeder"));
    if (!told.trackers().isEmpty()) {
      add(lines, width, "trackers", TrackerWords.words(told.trackers()));
    }
  }

  private static void add(List<String> lines, int width, String title, String value) {
    if (!value.isEmpty()) {
      lines.add(cut(title + " ".repeat(TITLE - title.length()) + Table.harmless(value), width));
    }
  }

  private static String cut(String line, int width) {
    return line.length() < width ? line : line.substring(0, Math.max(0, width - 1));
  }
}
