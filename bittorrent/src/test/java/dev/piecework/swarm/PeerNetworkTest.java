package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class PeerNetworkTest {
  @Test
  void anIpv6HostIsItsWholeSlash64() {
    assertThat(network("2001:db8:1:2:3:4:5:6")).isEqualTo(network("2001:db8:1:2:ffff::1"));
    assertThat(network("2001:db8:1:2::1")).isNotEqualTo(network("2001:db8:1:3::1"));
  }

  @Test
  void anIpv4HostIsItsAddress() {
    assertThat(network("192.0.2.1")).isNotEqualTo(network("192.0.2.2"));
    assertThat(network("::ffff:192.0.2.1")).isEqualTo(network("192.0.2.1"));
  }

  @Test
  void portsCostNothing() {
    assertThat(culprit("192.0.2.1", 1)).isEqualTo(culprit("192.0.2.1", 2));
    assertThat(culprit("2001:db8::1", 1)).isEqualTo(culprit("2001:db8::2", 2));
    assertThat(culprit("127.0.5.1", 1)).isEqualTo(culprit("127.0.5.1", 2));
  }

  @Test
  void programsOfThisMachineAreToldApartByTheirPorts() {
    assertThat(culprit("127.0.0.1", 1)).isNotEqualTo(culprit("127.0.0.1", 2));
    assertThat(culprit("::1", 1)).isNotEqualTo(culprit("::1", 2));
  }

  private static InetAddress network(String address) {
    return PeerNetwork.of(InetAddress.ofLiteral(address));
  }

  private static InetSocketAddress culprit(String address, int port) {
    return PeerNetwork.culprit(new InetSocketAddress(InetAddress.ofLiteral(address), port));
  }
}
