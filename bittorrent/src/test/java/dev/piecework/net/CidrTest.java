package dev.piecework.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CidrTest {
  @ParameterizedTest
  @CsvSource({
    "10.1.0.0/16, 10.1.255.255, true",
    "10.1.0.0/16, 10.2.0.0, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, ::1, false",
    "10.0.0.8/29, 10.0.0.15, true",
    "10.0.0.8/29, 10.0.0.16, false",
    "fd00::/8, fdff::1, true",
    "fd00::/8, fe00::1, false",
    "10.0.0.1, 10.0.0.1, true",
    "10.0.0.1, 10.0.0.2, false"
  })
  void containsTheAddressesOfItsNetwork(String network, String address, boolean contained) {
    assertThat(Cidr.parse(network).contains(InetAddress.ofLiteral(address))).isEqualTo(contained);
  }

  @ParameterizedTest
  @CsvSource({
    "localhost/8, expected an address",
    "10.0.0.0/33, expected 0 to 32",
    "10.0.0.0/-1, expected 0 to 32",
    "10.0.0.0/x, expected 0 to 32",
    "fd00::/129, expected 0 to 128",
    "10.0.0.1/8, did you mean 10.0.0.0/8?",
    "10.0.0/8, expected an address",
    "10.0.0.0/8/9, expected 0 to 32"
  })
  void saysWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> Cidr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text)
        .hasMessageContaining(message);
  }

  @Test
  void readsListsAndWritesWhatItReads() {
    assertThat(Cidr.parseList(" 10.0.0.0/8,192.168.0.0/16\n::1 "))
        .extracting(Cidr::toString)
        .containsExactly("10.0.0.0/8", "192.168.0.0/16", "0:0:0:0:0:0:0:1/128");
    assertThat(Cidr.parseList("")).isEmpty();
  }
}
