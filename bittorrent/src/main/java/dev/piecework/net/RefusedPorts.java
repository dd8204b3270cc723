package dev.piecework.net;

import java.net.InetAddress;
import java.util.Optional;

/** A policy for addresses with a list of ports beside it. */
record RefusedPorts(AddressPolicy addresses, PortRanges refused) implements AddressPolicy {
  @Override
  public boolean allows(InetAddress address) {
    return addresses.allows(address);
  }

  @Override
  public Optional<String> reasonRefused(InetAddress address) {
    return addresses.reasonRefused(address);
  }

  @Override
  public Optional<String> reasonPortRefused(int port) {
    return refused.contains(port)
        ? Optional.of(
            "port "
                + port
                + " refused by the port policy: other services than trackers and web servers are"
                + " there")
        : Optional.empty();
  }
}
