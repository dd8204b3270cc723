package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReputationTest {
  private static final InetSocketAddress PEER = peer("192.0.2.1");

  private final Reputation reputation =
      new Reputation(100, 3, Duration.ofMinutes(1), Duration.ofHours(24));

  @Test
  void corruptDataBansAtOnceAndTheBanExpires() {
    reputation.corrupt(PEER, 0);

    assertThat(reputation.banned(PEER, at(Duration.ofSeconds(59)))).isTrue();
    assertThat(reputation.banned(PEER, at(Duration.ofSeconds(61)))).isFalse();
  }

  @Test
  void eachFurtherBanIsLongerUpToTheLongest() {
    reputation.corrupt(PEER, 0);
    reputation.corrupt(PEER, 0);
    assertThat(reputation.banned(PEER, at(Duration.ofSeconds(299)))).isTrue();
    assertThat(reputation.banned(PEER, at(Duration.ofSeconds(301)))).isFalse();

    for (int i = 0; i < 100; i++) {
      reputation.corrupt(PEER, 0);
    }
    assertThat(reputation.banned(PEER, at(Duration.ofHours(23)))).isTrue();
    assertThat(reputation.banned(PEER, at(Duration.ofHours(25)))).isFalse();
  }

  @Test
  void anIpv6HostIsBannedWhateverAddressOfItsSlash64ItTakes() {
    reputation.corrupt(peer("2001:db8:1:2::7"), 0);

    assertThat(reputation.banned(peer("2001:db8:1:2:ffff:ffff:ffff:ffff"), 1)).isTrue();
    assertThat(reputation.banned(peer("2001:db8:1:3::7"), 1)).isFalse();
    for (int slip = 0; slip <= 3; slip++) {
      reputation.slipped(peer("2001:db8:1:4::" + slip), 0);
    }
    assertThat(reputation.banned(peer("2001:db8:1:4::99"), 1)).isTrue();
    assertThat(reputation.bans()).isEqualTo(new Reputation.Bans(1, 1));
  }

  @Test
  void someSlipsAreForgivenMoreAreNot() {
    for (int slip = 0; slip < 3; slip++) {
      reputation.slipped(PEER, 0);
      assertThat(reputation.banned(PEER, 1)).isFalse();
    }
    reputation.slipped(PEER, 0);
    assertThat(reputation.banned(PEER, 1)).isTrue();
    assertThat(reputation.banned(PEER, at(Duration.ofSeconds(61)))).isFalse();
  }

  @Test
  void whoGaveMuchStartsAfresh() {
    for (int slip = 0; slip < 20; slip++) {
      reputation.slipped(PEER, 0);
      reputation.proved(PEER);
    }
    assertThat(reputation.banned(PEER, 1)).isFalse();
  }

  @Test
  void memoryIsBoundedAndTheLeastRecentIsForgotten() {
    reputation.corrupt(PEER, 0);
    for (int i = 0; i < 1000; i++) {
      reputation.corrupt(peer("198.51." + i / 250 + "." + i % 250), 0);
    }

    assertThat(reputation.size()).isEqualTo(100);
    assertThat(reputation.banned(PEER, 1)).isFalse();
    assertThat(reputation.banned(peer("198.51.3.249"), 1)).isTrue();
  }

  private static long at(Duration time) {
    return time.toNanos();
  }

  private static InetSocketAddress peer(String address) {
    return PeerNetwork.culprit(new InetSocketAddress(InetAddress.ofLiteral(address), 6881));
  }
}
