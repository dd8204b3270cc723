package dev.piecework.tracker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What came of one announce. */
sealed interface AnnounceResult {
  /**
   * The tracker took it.
   *
   * @param interval when to announce again; as received, not yet clipped; empty if not said
   * @param minInterval not to announce again before; as received; empty if not said
   * @param peers addresses, each with a port other than 0
   * @param warning what the tracker wants people to read; empty if nothing
   * @param trackerId to be sent back from now on; empty: no change
   */
  record Accepted(
      Optional<Duration> interval,
      Optional<Duration> minInterval,
      List<InetSocketAddress> peers,
      String warning,
      String trackerId)
      implements AnnounceResult {}

  /**
   * It did not work, or the tracker refused.
   *
   * @param message what went wrong, for people
   * @param retry what the tracker says about trying again (BEP 31)
   */
  record Failed(String message, Retry retry) implements AnnounceResult {
    Failed(String message) {
      this(message, new Retry.AsUsual());
    }
  }

  /** When a tracker that refused wants to be asked again (BEP 31). */
  sealed interface Retry {
    /** Nothing was said: the growing delay counts. */
    record AsUsual() implements Retry {}

    /** Not before this time has gone. */
    record After(Duration delay) implements Retry {}

    /** Never. */
    record Never() implements Retry {}
  }
}
