package dev.piecework.engine;

import java.time.Duration;

/**
 * How many connections strangers may have, from where, and how long one that is of no use is kept
 * when others wait. An address is an IPv4 address or the /64 of an IPv6 address.
 *
 * @param connectionsPerAddress incoming connections of one torrent from one address, and as many
 *     outgoing ones; outgoing ones to 127.0.0.1 and ::1 are not limited. At least 1
 * @param handshakes incoming connections whose handshake has not come yet, counted apart from all
 *     others; beyond that the oldest is closed. At least 1
 * @param handshakesPerAddress of those, from one address. At least 1
 * @param dials outgoing connections of one torrent being opened at once; one referrer (a tracker)
 *     gets half of them. At least 2
 * @param reservedPercent of the connections of the engine and of each torrent, how many are kept
 *     for incoming ones, and as many for outgoing ones; 0 to 50
 * @param trial how long a connection that neither gave nor took anything is safe from having to
 *     make room; three times as long when one side waits for the other, six times when blocks were
 *     exchanged before
 * @param knownAddresses addresses kept of one torrent, shared fairly between referrers
 * @param slips times that an address may break the protocol before it is banned
 * @param ban length of an address's first ban; each further one is five times as long
 * @param longestBan no ban is longer
 */
public record PeerLimits(
    int connectionsPerAddress,
    int handshakes,
    int handshakesPerAddress,
    int dials,
    int reservedPercent,
    Duration trial,
    int knownAddresses,
    int slips,
    Duration ban,
    Duration longestBan) {

  /** What holds when nothing is set. */
  public static PeerLimits defaults() {
    return new PeerLimits(
        8,
        128,
        32,
        30,
        25,
        Duration.ofSeconds(10),
        2000,
        3,
        Duration.ofMinutes(1),
        Duration.ofHours(24));
  }

  /** Of this many connections, those that one direction may have. */
  int oneDirection(int all) {
    return all - all * reservedPercent / 100;
  }
}
