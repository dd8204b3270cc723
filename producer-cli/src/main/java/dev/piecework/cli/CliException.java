package dev.piecework.cli;

import dev.piecework.exit.ExitCode;

/** A command cannot do what it was asked to: what is wrong and what to do, and the exit code. */
public final class CliException extends RuntimeException {
  private final ExitCode exitCode;

  /**
   * @param exitCode what the process ends with
   * @param message what is wrong, where, what was expected, what to do
   */
  public CliException(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** What the process ends with. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
