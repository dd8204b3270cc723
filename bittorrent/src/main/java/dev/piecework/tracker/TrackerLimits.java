package dev.piecework.tracker;

import java.time.Duration;

/**
 * How long to wait for trackers and how often to try.
 *
 * @param httpTimeout for a whole HTTP announce: name, connection, TLS, redirects, body; and for the
 *     name of a UDP tracker
 * @param connectTimeout for one TCP connection
 * @param maxRedirects HTTP redirects followed in one announce
 * @param udpTimeout for the answer to the first datagram; doubled with each one sent again (BEP 15)
 * @param udpRetransmissions how often a datagram is sent again; BEP 15 allows 8, which is over an
 *     hour, while the next tracker of the tier waits
 * @param udpConnectionAge how long a connection id may be used (BEP 15: one minute)
 * @param stopTimeout how long {@code stopped} may take
 */
public record TrackerLimits(
    Duration httpTimeout,
    Duration connectTimeout,
    int maxRedirects,
    Duration udpTimeout,
    int udpRetransmissions,
    Duration udpConnectionAge,
    Duration stopTimeout) {

  /** 30 s for HTTP; 15 and 30 s for UDP; 5 s to stop. */
  public static TrackerLimits defaults() {
    return new TrackerLimits(
        Duration.ofSeconds(30),
        Duration.ofSeconds(10),
        5,
        Duration.ofSeconds(15),
        1,
        Duration.ofSeconds(60),
        Duration.ofSeconds(5));
  }
}
