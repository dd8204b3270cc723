package dev.piecework.net;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Which addresses this process may talk to. Strangers name trackers, web seeds, peers and torrent
 * URLs, so every address is asked about after name resolution, redirects included.
 */
@FunctionalInterface
public interface AddressPolicy {
  /** Whether a connection to, or a datagram for, this address may be sent. */
  boolean allows(InetAddress address);

  /** Why an address is refused, for people: what it is and what to do; empty if it is allowed. */
  default Optional<String> reasonRefused(InetAddress address) {
    return allows(address)
        ? Optional.empty()
        : Optional.of("address " + address.getHostAddress() + " refused by the address policy");
  }

  /** Why a port of a tracker or a torrent URL is refused, for people; empty if it is allowed. */
  default Optional<String> reasonPortRefused(int port) {
    return Optional.empty();
  }

  /** The same for addresses, with some ports of trackers and torrent URLs refused. */
  default AddressPolicy refusingPorts(PortRanges refused) {
    return new RefusedPorts(this, refused);
  }

  /** Everything: for work on one's own machine. */
  static AddressPolicy everything() {
    return address -> true;
  }

  /**
   * Addresses of the public internet, and what is listed. Refused are loopback, private, shared
   * (CGNAT), link-local (cloud metadata services live there), multicast, unspecified and reserved
   * addresses of both families, Azure's host address, the addresses of this host, and IPv6
   * addresses that carry such an IPv4 address inside (mapped, translated, 6to4, NAT64, Teredo,
   * ISATAP).
   *
   * @param allowed networks that are allowed whatever they are
   */
  static AddressPolicy publicOnly(List<Cidr> allowed) {
    return new PublicAddresses(allowed);
  }
}
