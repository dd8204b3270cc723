package dev.piecework.exit;

/** Exit codes of every command. */
public enum ExitCode {
  /** Done. */
  OK(0),
  /** A defect of ours. */
  INTERNAL(1),
  /** Wrong options or arguments. */
  USAGE(2),
  /** The source is missing, unreadable or no torrent. */
  BAD_SOURCE(3),
  /** The job failed. */
  JOB_FAILED(4),
  /** The broker cannot be reached, or refuses us. */
  BROKER_UNAVAILABLE(5),
  /** The object store cannot be reached, or refuses us. */
  STORE_UNAVAILABLE(6),
  /** The database cannot be reached, or refuses us. */
  DATABASE_UNAVAILABLE(7),
  /** The time given was over before the job ended. */
  TIMEOUT(8),
  /** No queue takes the message. */
  UNROUTABLE(9),
  /** No such job. */
  NOT_FOUND(10),
  /** A setting is missing or wrong. */
  BAD_CONFIGURATION(11),
  /** Stopped by Ctrl-C or SIGINT; what was done is kept. */
  INTERRUPTED(130),
  /** Stopped by SIGTERM; what was done is kept. */
  TERMINATED(143);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** The number. */
  public int code() {
    return code;
  }
}
