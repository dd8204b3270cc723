package dev.piecework.worker.job;

import dev.piecework.message.JobOptions;

/**
 * By which label queued jobs of the same priority take turns ({@code piecework.worker.fair-by}):
 * the jobs with the same value of it are one share. A job's share is written with its row.
 *
 * @param label the label's name; empty if jobs do not take turns
 */
public record FairShares(String label) {
  /** All jobs are served in the order in which they came. */
  public static final FairShares NONE = new FairShares("");

  /** Whether there are any. */
  boolean any() {
    return !label.isEmpty();
  }

  /** A job's share: the label's value; empty, which is a share as well, if it has no such label. */
  String of(JobOptions options) {
    return any() ? options.labels().getOrDefault(label, "") : "";
  }
}
