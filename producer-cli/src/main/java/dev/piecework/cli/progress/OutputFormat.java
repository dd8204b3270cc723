package dev.piecework.cli.progress;

/** What standard output looks like. */
public enum OutputFormat {
  /** Columns for people. */
  TABLE,
  /** One JSON object for programs. */
  JSON
}
