package dev.piecework.swarm;

/** What became of a call to an address; decides when the address is called again. */
public enum CallOutcome {
  /** No connection, or no handshake of this torrent. */
  UNREACHABLE(10, true),
  /**
   * It gave blocks, then the connection ended: worth another call at once, however little it gave.
   */
  GAVE(2, false),
  /** A connection that brought nothing. */
  FRUITLESS(30, true),
  /** It broke the protocol. */
  SLIPPED(10, true),
  /** Neither needs the other now. */
  NOT_NEEDED(30, false);

  private static final long SECOND = 1_000_000_000L;
  private static final long LONGEST_NANOS = 3600 * SECOND;
  private static final int MOST_DOUBLINGS = 12;

  private final long seconds;
  private final boolean failure;

  CallOutcome(long seconds, boolean failure) {
    this.seconds = seconds;
    this.failure = failure;
  }

  /** Whether calls that end so make the next delay longer; others make it short again. */
  boolean failure() {
    return failure;
  }

  /**
   * Time until the next call, in nanoseconds: doubled with each failure in a row, up to an hour.
   *
   * @param failures in a row before this one
   */
  long delayNanos(int failures) {
    long first = seconds * SECOND;
    return failure ? Math.min(first << Math.min(failures, MOST_DOUBLINGS), LONGEST_NANOS) : first;
  }
}
