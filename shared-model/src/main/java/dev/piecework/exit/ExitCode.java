package dev.piecework.exit;

/** Exit codes of every command. Numbers are part of the contract: add, never change. */
public enum ExitCode {
  /** Done. */
  OK(0, "Done"),
  /** A defect of ours. */
  INTERNAL(1, "A defect of ours"),
  /** Wrong options or arguments. */
  USAGE(2, "Wrong options or arguments"),
  /** The source is missing, unreadable or no torrent. */
  BAD_SOURCE(3, "The source is missing, unreadable or no torrent"),
  /** The job failed. */
  JOB_FAILED(4, "The job failed"),
  /** The broker cannot be reached, or cannot be used as it is. */
  BROKER_UNAVAILABLE(5, "The broker cannot be reached, or cannot be used as it is"),
  /** The object store cannot be reached, or refuses us. */
  STORE_UNAVAILABLE(6, "The object store cannot be reached, or refuses us"),
  /** The database cannot be reached, or refuses us. */
  DATABASE_UNAVAILABLE(7, "The database cannot be reached, or refuses us"),
  /** The time given was over before the job ended, or before an order took effect. */
  TIMEOUT(8, "The time given was over before the job ended, or before an order took effect"),
  /** No queue takes the message. */
  UNROUTABLE(9, "No queue takes the message"),
  /** No such job. */
  NOT_FOUND(10, "No such job"),
  /** A setting is missing or wrong. */
  BAD_CONFIGURATION(11, "A setting is missing or wrong"),
  /** Nobody was there to download from. */
  NO_PEERS(12, "Nobody was there to download from; what was done is kept"),
  /** The broker refuses our user, or what it asks for. */
  NO_RIGHTS(13, "No rights: the broker refuses this user, or what it asks for"),
  /** No worker answered in the time given. */
  NO_ANSWER(14, "No worker answered in the time given"),
  /** The job's state does not allow what was asked. */
  CONFLICT(15, "The job's state does not allow what was asked"),
  /** The id of a submission is that of another job. */
  ID_TAKEN(16, "The id of a submission is that of another job; nothing was done"),
  /** Out of memory, or another error after which nothing is known to hold. */
  FATAL(70, "Out of memory, or another error after which nothing is known to hold"),
  /** A shutdown did not end within its limit and was cut off. */
  CUT_OFF(71, "A shutdown did not end within its limit and was cut off"),
  /** Stopped by Ctrl-C (SIGINT); what was done is kept. */
  INTERRUPTED(130, "Stopped by Ctrl-C (SIGINT); what was done is kept"),
  /** Stopped by SIGTERM; what was done is kept. */
  TERMINATED(143, "Stopped by SIGTERM; what was done is kept");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** The number. */
  public int code() {
    return code;
  }

  /** For people, as the help shows it. */
  public String meaning() {
    return meaning;
  }
}
