package dev.piecework.tracker;

/** Why an announce is sent (BEP 3, BEP 15). */
enum AnnounceEvent {
  /** The interval is over. */
  REGULAR("", 0),
  /** The download has become complete. */
  COMPLETED("completed", 1),
  /** The first one to this tracker. */
  STARTED("started", 2),
  /** We leave. */
  STOPPED("stopped", 3);

  private final String httpName;
  private final int udpNumber;

  AnnounceEvent(String httpName, int udpNumber) {
    this.httpName = httpName;
    this.udpNumber = udpNumber;
  }

  /** Value of the HTTP parameter {@code event}; empty: the parameter is left out. */
  String httpName() {
    return httpName;
  }

  /** Number in a UDP announce. */
  int udpNumber() {
    return udpNumber;
  }
}
