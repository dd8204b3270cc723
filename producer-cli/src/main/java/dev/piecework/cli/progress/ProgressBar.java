package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import dev.piecework.message.JobEvent;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Shows how jobs stand while somebody waits: on a terminal one line that is drawn over and over,
 * elsewhere a line now and then. Fed with the jobs' events, and ticked a few times a second. To be
 * used by one thread.
 */
public final class ProgressBar implements AutoCloseable {
  private static final Duration LIVE_INTERVAL = Duration.ofMillis(200);
  private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final ProgressStyle style;
  private final IntSupplier width;
  private final InstantSource clock;
  private final ProgressLine line;
  private final Map<String, JobView> jobs = new LinkedHashMap<>();
  private Instant lastShown;
  private Instant lastNews;
  private String lastPlain = "";
  private boolean drawn;

  /**
   * @param out where to: standard error, so that standard output is left to the result
   * @param style how
   * @param width columns of the terminal; asked each time the line is drawn
   * @param clock for time that passes; a steady one
   * @param jobIds the jobs to show, in order
   */
  public ProgressBar(
      PrintStream out,
      ProgressStyle style,
      IntSupplier width,
      InstantSource clock,
      List<String> jobIds) {
    this.out = out;
    this.style = style;
    this.width = width;
    this.clock = clock;
    this.line =
        new ProgressLine(
            out.charset().equals(StandardCharsets.UTF_8), style == ProgressStyle.LIVE_COLOR);
    this.lastShown = clock.instant();
    this.lastNews = lastShown;
    jobIds.forEach(id -> jobs.put(id, new JobView()));
  }

  /** Takes an event in, in any order and as often as it comes; those of other jobs are ignored. */
  public void accept(JobEvent event) {
    JobView job = jobs.get(event.jobId());
    if (job == null) {
      return;
    }
    lastNews = clock.instant();
    job.accept(event).ifPresent(change -> say(prefix(event.jobId()) + change));
    if (style.live()) {
      tick();
    }
  }

  /** Prints a line of its own, above the bar. */
  public void say(String text) {
    if (style == ProgressStyle.SILENT) {
      return;
    }
    clear();
    out.println(Table.harmless(text));
    out.flush();
    if (style.live()) {
      draw();
    }
  }

  /** Shows how it stands, if it is time to. */
  public void tick() {
    Duration since = Duration.between(lastShown, clock.instant());
    if (style.live() && (!drawn || since.compareTo(LIVE_INTERVAL) >= 0)) {
      draw();
    } else if (style == ProgressStyle.PLAIN && since.compareTo(PLAIN_INTERVAL) >= 0) {
      lastShown = clock.instant();
      String now = ProgressLine.plain(phase(), progress(), silence());
      // A log that repeats itself says nothing.
      if (progress().isPresent() && !now.equals(lastPlain)) {
        out.println(now);
        out.flush();
        lastPlain = now;
      }
    }
  }

  /** Takes the line away. Nothing is shown afterwards unless {@link #accept} is called again. */
  @Override
  public void close() {
    clear();
    out.flush();
  }

  private void draw() {
    lastShown = clock.instant();
    if (jobs.values().stream().allMatch(JobView::ended)) {
      return;
    }
    out.print(CLEAR_LINE + line.fitted(phase(), progress(), silence(), width.getAsInt()));
    out.flush();
    drawn = true;
  }

  private void clear() {
    if (drawn) {
      out.print(CLEAR_LINE);
      drawn = false;
    }
  }

  private Duration silence() {
    return Duration.between(lastNews, clock.instant());
  }

  private String prefix(String jobId) {
    return jobs.size() == 1 ? "" : jobId + ": ";
  }

  private String phase() {
    if (jobs.size() == 1) {
      return jobs.values().iterator().next().phase();
    }
    long ended = jobs.values().stream().filter(JobView::ended).count();
    return ended + "/" + jobs.size() + " jobs";
  }

  /** The figures of all jobs that have any, added up. */
  private Optional<Progress> progress() {
    return jobs.values().stream().flatMap(job -> job.progress().stream()).reduce(ProgressBar::sum);
  }

  private static Progress sum(Progress a, Progress b) {
    return new Progress(
        a.phase(),
        a.totalBytes() + b.totalBytes(),
        a.verifiedBytes() + b.verifiedBytes(),
        a.uploadedBytes() + b.uploadedBytes(),
        a.downloadBytesPerSecond() + b.downloadBytesPerSecond(),
        a.uploadBytesPerSecond() + b.uploadBytesPerSecond(),
        a.peers() + b.peers(),
        a.seeders() + b.seeders(),
        a.verifiedPieces() + b.verifiedPieces(),
        a.totalPieces() + b.totalPieces(),
        a.uploadedParts() + b.uploadedParts(),
        a.totalParts() + b.totalParts(),
        longest(a.etaSeconds(), b.etaSeconds()),
        List.of());
  }

  private static Optional<Long> longest(Optional<Long> a, Optional<Long> b) {
    return a.isEmpty() || b.isEmpty() ? a.or(() -> b) : Optional.of(Math.max(a.get(), b.get()));
  }
}
