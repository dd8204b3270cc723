package dev.piecework.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressPolicyTest {
  private final AddressPolicy publicOnly = AddressPolicy.publicOnly(List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2002:0101:0101::1",
        "64:ff9b::1.1.1.1",
        "2001:4860:4860::8888"
      })
  void publicAddressesAreAllowed(String address) {
    assertThat(publicOnly.reasonRefused(InetAddress.ofLiteral(address))).isEmpty();
    assertThat(publicOnly.allows(InetAddress.ofLiteral(address))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, unspecified",
    "10.0.0.1, private",
    "100.64.0.1, CGNAT",
    "100.127.255.255, CGNAT",
    "127.0.0.1, loopback",
    "127.255.255.254, loopback",
    "169.254.169.254, metadata",
    "172.16.0.1, private",
    "172.31.255.255, private",
    "192.168.1.1, private",
    "198.18.0.1, benchmarks",
    "224.0.0.1, multicast",
    "255.255.255.255, broadcast",
    "::, unspecified",
    "::1, loopback",
    "fe80::1, link-local",
    "fd00:ec2::254, unique local",
    "ff02::1, multicast",
    "::ffff:127.0.0.1, loopback",
    "2002:7f00:1::1, 6to4",
    "2002:a00:1::1, 6to4",
    "64:ff9b::10.0.0.1, NAT64",
    "64:ff9b::169.254.169.254, NAT64",
    "64:ff9b:1::1, NAT64",
    "168.63.129.16, Azure",
    "::ffff:168.63.129.16, Azure",
    "2002:a83f:8110::1, Azure",
    "64:ff9b::168.63.129.16, Azure",
    "2001::5757:7eee:57c0:7eef, Teredo",
    "::ffff:0:169.254.169.254, metadata",
    "2606:4700::5efe:10.0.0.1, ISATAP",
    "2606:4700::200:5efe:127.0.0.1, ISATAP",
    "100.100.100.200, CGNAT"
  })
  void specialAddressesAreRefusedWithAReason(String address, String reason) {
    assertThat(publicOnly.allows(InetAddress.ofLiteral(address))).isFalse();
    assertThat(publicOnly.reasonRefused(InetAddress.ofLiteral(address)))
        .hasValueSatisfying(
            text -> assertThat(text).contains(reason, "refused by the address policy"));
  }

  @Test
  void ipv4InTheCompatibleNotationIsJudgedAsIpv4() {
    assertThat(publicOnly.allows(InetAddress.ofLiteral("::10.0.0.1"))).isFalse();
  }

  @Test
  void addressesOfThisHostAreRefusedInEveryForm() {
    AddressPolicy policy =
        new PublicAddresses(
            Cidr.parseList("9.9.9.9"),
            () -> Set.of(InetAddress.ofLiteral("8.8.8.8"), InetAddress.ofLiteral("2606:4700::7")));
    for (String own :
        new String[] {
          "8.8.8.8", "::ffff:8.8.8.8", "2002:0808:0808::1", "64:ff9b::8.8.8.8", "2606:4700::7"
        }) {
      assertThat(policy.reasonRefused(InetAddress.ofLiteral(own)))
          .hasValueSatisfying(text -> assertThat(text).contains("an address of this host"));
    }
    assertThat(policy.allows(InetAddress.ofLiteral("8.8.4.4"))).isTrue();
    assertThat(new OwnAddresses().get()).contains(InetAddress.ofLiteral("127.0.0.1"));
  }

  @Test
  void whatIsListedIsAllowed() {
    AddressPolicy policy = AddressPolicy.publicOnly(Cidr.parseList("10.1.0.0/16, ::1"));
    assertThat(policy.allows(InetAddress.ofLiteral("10.1.2.3"))).isTrue();
    assertThat(policy.allows(InetAddress.ofLiteral("10.2.2.3"))).isFalse();
    assertThat(policy.allows(InetAddress.ofLiteral("::1"))).isTrue();
    assertThat(policy.reasonRefused(InetAddress.ofLiteral("10.1.2.3"))).isEmpty();
  }

  @Test
  void everythingAllowsLoopback() {
    assertThat(AddressPolicy.everything().allows(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
    assertThat(AddressPolicy.everything().reasonRefused(InetAddress.ofLiteral("::1"))).isEmpty();
  }
}
