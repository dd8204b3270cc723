package dev.piecework.cli.progress;

import dev.piecework.message.JobStatus;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Of a job that waits for the object store: since when, beside its state. */
final class StoreWait {
  private static final Pattern WAITING =
      Pattern.compile(
          "(?:handed back: )?waiting for the object store since ([0-9TZ:.-]{1,40}): .*");

  private StoreWait() {}

  /** To be put behind the state; empty if the job does not wait. */
  static String of(JobStatus job) {
    Matcher waiting = WAITING.matcher(job.reason());
    boolean may = job.state().equals("running") || job.state().equals("queued");
    return may && waiting.matches() ? ", waiting for the store since " + waiting.group(1) : "";
  }
}
