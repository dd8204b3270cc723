package dev.piecework.cli.progress;

import dev.piecework.message.JobEvent;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/** Prints events one by one as they come. One that comes twice is printed once. */
public final class EventPrinter {
  /** The same event comes again soon, if it does. */
  private static final int REMEMBERED = 10_000;

  /** Of an id that was given by nobody. */
  private static final int USUAL_ID = 26;

  private static final int LONGEST_TYPE = "file-uploaded".length();

  private final PrintStream out;
  private final OutputFormat format;
  private final SequencedSet<String> seen = new LinkedHashSet<>();
  private long printed;

  /**
   * @param out standard output
   * @param format TABLE for people; NAME for the jobs' ids; else the events' own JSON
   */
  public EventPrinter(PrintStream out, OutputFormat format) {
    this.out = out;
    this.format = format;
  }

  /**
   * Prints an event.
   *
   * @param body as it came: JSON
   */
  public void print(JobEvent event, String body) {
    if (!seen.add(event.id())) {
      return;
    }
    if (seen.size() > REMEMBERED) {
      seen.removeFirst();
    }
    switch (format) {
      case TABLE -> out.println(line(event));
      case NAME -> out.println(event.jobId());
      case JSON, JSONL -> {
        // As bytes: JSON is UTF-8 whatever the terminal's encoding. In JSON a line break can only
        // be white space.
        byte[] line = (body.replaceAll("\\R", " ").strip() + "\n").getBytes(StandardCharsets.UTF_8);
        out.write(line, 0, line.length);
      }
    }
    out.flush();
    printed++;
  }

  private static String line(JobEvent event) {
    String line =
        event.time().truncatedTo(ChronoUnit.SECONDS)
            + "  "
            + padded(event.jobId(), USUAL_ID)
            + "  "
            + padded(event.type().wireName(), LONGEST_TYPE)
            + "  "
            + EventWords.details(event);
    return Table.harmless(line.stripTrailing());
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  /** How many have been printed. */
  public long printed() {
    return printed;
  }

  /** Whether nobody reads the output any more. */
  public boolean unread() {
    return out.checkError();
  }
}
