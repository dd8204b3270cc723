package dev.piecework.worker.settings;

import java.net.InetAddress;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the worker answers questions about itself: metrics and health.
 *
 * @param enabled whether it answers at all
 * @param address IP address to listen on, {@code 0.0.0.0} or {@code ::} for all, which is what the
 *     image is told; whoever reaches the port may read the metrics
 * @param port TCP port; 0 lets the system choose. While the default one is taken, by another worker
 *     on the host, any free one takes its place
 */
@ConfigurationProperties("piecework.http")
public record HttpSettings(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("127.0.0.1") String address,
    @DefaultValue("9464") int port) {
  /** The port that Prometheus exporters of this kind have by convention. */
  public static final int DEFAULT_PORT = 9464;

  /** Validates. */
  public HttpSettings {
    Checks.between("piecework.http.port", port, 0, 65_535);
    try {
      InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "piecework.http.address is '%s': expected an IPv4 or IPv6 address, as 0.0.0.0, not a name"
              .formatted(address),
          e);
    }
  }

  /** The address to listen on. */
  public InetAddress listenAddress() {
    return InetAddress.ofLiteral(address);
  }
}
