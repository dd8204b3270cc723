package dev.piecework.worker.job;

import java.util.Locale;

/**
 * What the holder of a job is told. It stands in the job's row, so that it cannot be lost; every
 * way out of {@link JobState#RUNNING} looks at it under the row's lock.
 */
public enum Order {
  /** Nothing. */
  NONE,
  /** To let the job rest. */
  PAUSE,
  /** To give the job up. */
  CANCEL;

  /** As it stands in replies; empty for none. */
  public String wireName() {
    return this == NONE ? "" : name().toLowerCase(Locale.ROOT);
  }

  /** As it stands in its column. */
  String column() {
    return this == NONE ? "" : name();
  }

  /** The order that a column holds. */
  public static Order ofColumn(String text) {
    return text.isEmpty() ? NONE : valueOf(text);
  }
}
