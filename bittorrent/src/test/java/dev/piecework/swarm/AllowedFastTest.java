package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.metainfo.InfoHash;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class AllowedFastTest {
  private static final InfoHash AA = InfoHash.fromHex("aa".repeat(20));

  @Test
  void followsTheExampleOfBep6() {
    InetAddress peer = InetAddress.ofLiteral("80.4.4.200");
    assertThat(AllowedFast.of(peer, AA, 1313, 7))
        .containsExactly(1059, 431, 808, 1217, 287, 376, 1188);
    assertThat(AllowedFast.of(peer, AA, 1313, 9))
        .containsExactly(1059, 431, 808, 1217, 287, 376, 1188, 353, 508);
  }

  @Test
  void addressesOfOneNetworkShareASet() {
    assertThat(AllowedFast.of(InetAddress.ofLiteral("80.4.4.1"), AA, 1313, 7))
        .isEqualTo(AllowedFast.of(InetAddress.ofLiteral("80.4.4.200"), AA, 1313, 7));
  }

  @Test
  void ipv6PeersGetNone() {
    assertThat(AllowedFast.of(InetAddress.ofLiteral("2001:db8::1"), AA, 1313, 7)).isEmpty();
  }

  @Test
  void aTorrentOfFewPiecesIsListedWhole() {
    assertThat(AllowedFast.of(InetAddress.ofLiteral("80.4.4.200"), AA, 3, 10))
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(AllowedFast.of(InetAddress.ofLiteral("80.4.4.200"), AA, 0, 10)).isEmpty();
  }
}
