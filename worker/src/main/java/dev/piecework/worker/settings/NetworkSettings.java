package dev.piecework.worker.settings;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.Cidr;
import dev.piecework.net.HostLookup;
import dev.piecework.net.PortRanges;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which addresses that strangers name may be talked to: trackers, peers, torrent URLs. The broker,
 * the database and the object store are the operator's own and not asked about.
 *
 * @param allow address ranges allowed beside the public ones, as {@code 10.1.0.0/16} or {@code
 *     fd00::/8}
 * @param local whether every address is allowed, loopback and private ones included: for work on
 *     one's own machine
 * @param refusedPorts ports that no tracker or torrent URL may name, redirects included: by default
 *     those of services that might obey what is sent there, such as mail, databases and brokers;
 *     empty for none
 * @param lookupTimeout how long the name service may take for one host name of a tracker, a torrent
 *     URL or a peer
 * @param lookupThreads host names looked up at one time; one that hangs holds one of them
 */
@ConfigurationProperties("piecework.network")
public record NetworkSettings(
    @DefaultValue List<String> allow,
    @DefaultValue("false") boolean local,
    @DefaultValue(PortRanges.WELL_KNOWN_SERVICES) String refusedPorts,
    @DefaultValue("5s") Duration lookupTimeout,
    @DefaultValue("8") int lookupThreads) {

  /** Validates. */
  public NetworkSettings {
    allow = List.copyOf(allow);
    networks(allow);
    ports(refusedPorts);
    Checks.between(
        "piecework.network.lookup-timeout",
        lookupTimeout,
        Duration.ofMillis(100),
        Duration.ofMinutes(1));
    Checks.between("piecework.network.lookup-threads", lookupThreads, 1, 100);
  }

  /** What these settings allow. */
  public AddressPolicy policy() {
    AddressPolicy addresses =
        local ? AddressPolicy.everything() : AddressPolicy.publicOnly(networks(allow));
    return addresses.refusingPorts(ports(refusedPorts));
  }

  /** Looks up host names that strangers choose, within these bounds; to be closed by the caller. */
  public HostLookup lookup() {
    return new HostLookup(HostLookup.Names.system(), lookupTimeout, lookupThreads);
  }

  private static PortRanges ports(String refused) {
    try {
      return PortRanges.parse(refused);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "piecework.network.refused-ports (PIECEWORK_NETWORK_REFUSED_PORTS): " + e.getMessage(),
          e);
    }
  }

  private static List<Cidr> networks(List<String> allow) {
    try {
      return allow.stream().map(Cidr::parse).toList();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "piecework.network.allow (PIECEWORK_NETWORK_ALLOW): " + e.getMessage(), e);
    }
  }
}
