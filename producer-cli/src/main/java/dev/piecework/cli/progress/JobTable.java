package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Lays out a table of jobs for a terminal of some size: what has no room is left off. */
public final class JobTable {
  private static final String GAP = "  ";
  private static final int LEAST_NAME = 8;
  private static final int MAX_NOTICE = 4;

  /** In the order of the columns; the higher the rank, the earlier it is left off. */
  private static final List<Column> COLUMNS =
      List.of(
          new Column("JOB", false, 0, (row, _) -> row.status().id()),
          new Column("STATE", false, 0, (row, _) -> row.state() + StoreWait.of(row.status())),
          new Column("DONE", true, 0, JobRow::done),
          new Column("SIZE", true, 6, (row, _) -> size(row)),
          new Column("DOWN", true, 1, (row, now) -> rate(row, now, true)),
          new Column("UP", true, 7, (row, now) -> rate(row, now, false)),
          new Column("PEERS", true, 4, (row, now) -> peers(row, now)),
          new Column("ETA", true, 3, (row, now) -> eta(row, now)),
          new Column("PRIO", true, 8, (row, _) -> Integer.toString(row.status().priority())),
          new Column("WORKER", false, 5, (row, _) -> row.status().worker()),
          new Column("NAME", false, 2, (row, _) -> JobStatusPrinter.name(row.status())));

  private JobTable() {}

  private record Column(
      String title, boolean right, int rank, BiFunction<JobRow, Instant, String> cell) {}

  /**
   * The lines: a summary, the titles, the jobs.
   *
   * @param rows in the order in which they are shown
   * @param more jobs in each state beside those; they are only counted
   * @param notice what is amiss; empty if nothing is
   * @param width columns of the terminal, all but the last of which are used
   * @param height lines of the terminal; rows that do not fit are counted
   */
  public static List<String> lines(
      List<JobRow> rows,
      Map<String, Long> more,
      Instant now,
      String notice,
      int width,
      int height) {
    List<String> lines = new ArrayList<>();
    lines.add(cut(summary(rows, more, now), width - 1));
    lines.addAll(wrapped(Table.harmless(notice), width - 1));
    // One line stays free for the cursor, one may be needed to count the rest.
    int room = Math.max(1, height - lines.size() - 3);
    List<JobRow> shown = rows.subList(0, Math.min(rows.size(), room));
    if (!shown.isEmpty()) {
      lines.addAll(table(shown, now, width));
    }
    if (shown.size() < rows.size()) {
      lines.add(cut("... and " + (rows.size() - shown.size()) + " more", width - 1));
    }
    return lines;
  }

  /** A text in a few lines, broken between words. */
  static List<String> wrapped(String text, int room) {
    List<String> lines = new ArrayList<>();
    String rest = text;
    while (!rest.isEmpty() && lines.size() < MAX_NOTICE) {
      int space = rest.lastIndexOf(' ', room);
      int end = rest.length() <= room ? rest.length() : space > 0 ? space : room;
      lines.add(rest.substring(0, end));
      rest = rest.substring(end).strip();
    }
    return lines;
  }

  /** How many jobs are in which state, and what all move together. */
  static String summary(List<JobRow> rows, Map<String, Long> more, Instant now) {
    List<String> parts = new ArrayList<>();
    for (String state :
        List.of(
            "running",
            "seeding",
            "queued",
            "retrying",
            "paused",
            "cancelling",
            "completed",
            "failed",
            "cancelled")) {
      long shown = rows.stream().filter(row -> row.status().state().equals(state)).count();
      long count = shown + more.getOrDefault(state, 0L);
      if (count > 0) {
        parts.add(count + (shown >= WatchedJobs.MOST_ASKED ? "+ " : " ") + state);
      }
    }
    long down = 0;
    long up = 0;
    for (JobRow row : rows) {
      Optional<Progress> figures = row.figures(now);
      down += figures.map(Progress::downloadBytesPerSecond).orElse(0L);
      up += figures.map(Progress::uploadBytesPerSecond).orElse(0L);
    }
    return now.truncatedTo(ChronoUnit.SECONDS)
        + GAP
        + (parts.isEmpty() ? "no jobs" : String.join(", ", parts))
        + (parts.isEmpty() ? "" : GAP + "down " + Human.rate(down) + ", up " + Human.rate(up));
  }

  private static List<String> table(List<JobRow> rows, Instant now, int width) {
    List<Column> columns = new ArrayList<>(COLUMNS);
    while (total(columns, rows, now) > width - 1 && columns.stream().anyMatch(c -> c.rank() > 0)) {
      columns.remove(columns.stream().max(Comparator.comparingInt(Column::rank)).orElseThrow());
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(columns, rows, now, Optional.empty(), width));
    rows.forEach(row -> lines.add(line(columns, rows, now, Optional.of(row), width)));
    return lines;
  }

  /** A name may be cut, so that it asks for little; everything else is shown whole. */
  private static int total(List<Column> columns, List<JobRow> rows, Instant now) {
    int total = -GAP.length();
    for (Column column : columns) {
      total += GAP.length();
      total +=
          column.title().equals("NAME")
              ? Math.min(LEAST_NAME, columnWidth(column, rows, now))
              : columnWidth(column, rows, now);
    }
    return total;
  }

  private static int columnWidth(Column column, List<JobRow> rows, Instant now) {
    return rows.stream()
        .mapToInt(row -> cell(column, row, now).length())
        .reduce(column.title().length(), Math::max);
  }

  private static String line(
      List<Column> columns, List<JobRow> rows, Instant now, Optional<JobRow> row, int width) {
    StringBuilder line = new StringBuilder();
    for (Column column : columns) {
      String cell = row.map(of -> cell(column, of, now)).orElse(column.title());
      String space = " ".repeat(Math.max(0, columnWidth(column, rows, now) - cell.length()));
      line.append(line.isEmpty() ? "" : GAP);
      line.append(column.right() ? space + cell : cell + space);
    }
    return cut(line.toString().stripTrailing(), width - 1);
  }

  private static String cell(Column column, JobRow row, Instant now) {
    String text = column.cell().apply(row, now);
    return text.isEmpty() ? "-" : Table.harmless(text);
  }

  private static String size(JobRow row) {
    return row.status().totalBytes() == 0 ? "" : Human.bytes(row.status().totalBytes());
  }

  private static String rate(JobRow row, Instant now, boolean down) {
    return row.figures(now)
        .map(figures ->
            Human.rate(down ? figures.downloadBytesPerSecond() : figures.uploadBytesPerSecond()))
        .orElse("");
  }

  private static String peers(JobRow row, Instant now) {
    return row.figures(now).map(figures -> Integer.toString(figures.peers())).orElse("");
  }

  private static String eta(JobRow row, Instant now) {
    return row.figures(now)
        .flatMap(Progress::etaSeconds)
        .map(seconds -> Human.duration(Duration.ofSeconds(seconds)))
        .orElse("");
  }

  private static String cut(String line, int room) {
    return line.length() <= room ? line : line.substring(0, Math.max(0, room));
  }
}
