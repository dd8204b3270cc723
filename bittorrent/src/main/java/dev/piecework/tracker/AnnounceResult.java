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
   * @param named peers whose address is a host name, not looked up yet
   * @param warning what the tracker wants people to read: cleaned, but chosen by a stranger, so for
   *     the log only; empty if nothing
   * @param trackerId to be sent back from now on; empty: no change
   */
  record Accepted(
      Optional<Duration> interval,
      Optional<Duration> minInterval,
      List<InetSocketAddress> peers,
      List<NamedPeer> named,
      String warning,
      String trackerId)
      implements AnnounceResult {

    /** The same with other peers, none of them by name. */
    Accepted withPeers(List<InetSocketAddress> others) {
      return new Accepted(interval, minInterval, others, List.of(), warning, trackerId);
    }
  }

  /** A peer that the tracker knows by a host name. */
  record NamedPeer(String host, int port) {}

  /**
   * It did not work, or the tracker refused.
   *
   * @param message what went wrong, in our words, for people and events; no URL, and nothing that
   *     the tracker wrote: it may repeat a passkey
   * @param said what the tracker wrote: cleaned, for the log only; empty if nothing
   * @param retry what the tracker says about trying again (BEP 31)
   */
  record Failed(String message, String said, Retry retry) implements AnnounceResult {
    Failed(String message) {
      this(message, "", new Retry.AsUsual());
    }

    Failed(String message, String said) {
      this(message, said, new Retry.AsUsual());
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
