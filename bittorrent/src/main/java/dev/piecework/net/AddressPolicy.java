package dev.piecework.net;

import java.net.InetAddress;

/**
 * Which addresses this process may talk to. Strangers name trackers, web seeds, peers and torrent
 * URLs, so every address is asked about after name resolution, redirects included.
 */
@FunctionalInterface
public interface AddressPolicy {
  /** Whether a connection to, or a datagram for, this address may be sent. */
  boolean allows(InetAddress address);

  /** Everything: for work on one's own machine. */
  static AddressPolicy everything() {
    return address -> true;
  }
}
