package dev.piecework.worker.start;

import dev.piecework.exit.ExitCode;

/** The worker cannot start: says in one line what is wrong and what to do. */
public final class WorkerStartException extends RuntimeException {
  private final ExitCode exitCode;

  /**
   * @param exitCode what the process ends with
   * @param message one line for a person; no secrets
   */
  public WorkerStartException(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /**
   * As above, with the cause for a debugger; it is not printed.
   *
   * @param exitCode what the process ends with
   * @param message one line for a person; no secrets
   */
  public WorkerStartException(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** What the process ends with. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
