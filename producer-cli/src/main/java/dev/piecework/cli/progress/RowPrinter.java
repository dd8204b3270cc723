package dev.piecework.cli.progress;

import dev.piecework.message.JobStatus;
import dev.piecework.message.JobStatusForm;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints jobs one by one where nothing can be drawn over: when their state changes, and now and
 * then.
 */
public final class RowPrinter {
  private static final Duration NOW_AND_THEN = Duration.ofSeconds(10);

  private final PrintStream out;
  private final OutputFormat format;
  private final Map<String, Printed> printed = new HashMap<>();

  private record Printed(String state, String line, Instant time) {}

  /**
   * @param out standard output
   * @param format a line for people, a JSON object on each line, or ids
   */
  public RowPrinter(PrintStream out, OutputFormat format) {
    this.out = out;
    this.format = format;
  }

  /** Prints those that have changed. */
  public void print(List<JobRow> rows, Instant now) {
    for (JobRow row : rows) {
      JobStatus job = row.status();
      String state = row.state() + " " + job.worker() + " " + job.attempt();
      String line = line(row, now);
      Printed last = printed.get(job.id());
      boolean changed = last == null || !last.state().equals(state);
      boolean moved =
          last != null
              && !last.line().equals(line)
              && (!now.isBefore(last.time().plus(NOW_AND_THEN))
                  // The time of day was set back.
                  || now.isBefore(last.time()));
      if (changed || moved) {
        printed.put(job.id(), new Printed(state, line, now));
        print(row, line, now);
      }
    }
    out.flush();
  }

  private void print(JobRow row, String line, Instant now) {
    switch (format) {
      case TABLE -> out.println(Table.harmless(now.truncatedTo(ChronoUnit.SECONDS) + "  " + line));
      case NAME -> out.println(row.status().id());
      case JSON, JSONL -> JsonOutput.print(out, json -> JobStatusForm.write(json, row.status()));
    }
  }

  private static String line(JobRow row, Instant now) {
    JobStatus job = row.status();
    String figures =
        row.figures(now)
            .map(told -> ProgressLine.plain(row.state(), row.progress(), Duration.ZERO))
            .orElse(row.state() + (row.done(now).isEmpty() ? "" : " " + row.done(now)));
    return job.id()
        + "  "
        + figures
        + (job.attempt() > 1 ? ", attempt " + job.attempt() : "")
        + (job.worker().isEmpty() ? "" : ", at " + job.worker())
        + (job.reason().isEmpty() ? "" : ": " + job.reason());
  }

  /** Whether nobody reads the output any more. */
  public boolean unread() {
    return out.checkError();
  }
}
