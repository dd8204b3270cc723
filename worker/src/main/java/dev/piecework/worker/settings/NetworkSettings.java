package dev.piecework.worker.settings;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.Cidr;
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
 */
@ConfigurationProperties("piecework.network")
public record NetworkSettings(
    @DefaultValue List<String> allow, @DefaultValue("false") boolean local) {

  /** Validates. */
  public NetworkSettings {
    allow = List.copyOf(allow);
    networks(allow);
  }

  /** What these settings allow. */
  public AddressPolicy policy() {
    return local ? AddressPolicy.everything() : AddressPolicy.publicOnly(networks(allow));
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
