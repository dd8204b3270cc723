package dev.piecework.cli.progress;

/** How progress is shown. */
public enum ProgressStyle {
  /** One line, drawn over and over, in colour. */
  LIVE_COLOR,
  /** One line, drawn over and over, without colour. */
  LIVE,
  /** A line now and then: for logs and pipes. */
  PLAIN,
  /** Not at all. */
  SILENT;

  /** Whether a line is drawn over and over on a terminal. */
  public boolean live() {
    return this == LIVE || this == LIVE_COLOR;
  }
}
