package dev.piecework.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortRangesTest {
  @Test
  void readsPortsAndRanges() {
    PortRanges ports = PortRanges.parse(" 22, 80-82\n65535 ");
    assertThat(ports).hasToString("22,80-82,65535");
    assertThat(ports.contains(81)).isTrue();
    assertThat(ports.contains(83)).isFalse();
    assertThat(ports.contains(-1)).isFalse();
    assertThat(PortRanges.parse("")).hasToString("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "0", "65536", "5-", "-5", "9-3", "1-2-3", "99999999999"})
  void saysWhichIsWrong(String text) {
    assertThatThrownBy(() -> PortRanges.parse("1," + text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\" is not a port");
  }

  @Test
  void trackersAndWebServersAreNotAmongTheServices() {
    PortRanges services = PortRanges.parse(PortRanges.WELL_KNOWN_SERVICES);
    for (int port : new int[] {80, 443, 451, 1337, 2710, 6881, 6969, 8000, 8080, 8443}) {
      assertThat(services.contains(port)).as("%d", port).isFalse();
    }
    for (int port : new int[] {22, 25, 53, 2375, 5432, 6379, 9200, 11211}) {
      assertThat(services.contains(port)).as("%d", port).isTrue();
    }
  }
}
