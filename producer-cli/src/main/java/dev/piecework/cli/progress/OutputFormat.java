package dev.piecework.cli.progress;

/** What standard output looks like. */
public enum OutputFormat {
  /** Columns for people. */
  TABLE,
  /** One JSON object for programs. */
  JSON,
  /** One JSON object per line, one line per thing: for programs that read as it comes. */
  JSONL,
  /** The ids alone, one per line: to be given to another command. */
  NAME
}
