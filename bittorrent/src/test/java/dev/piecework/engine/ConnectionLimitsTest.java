package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.swarm.CallOutcome;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
  private static final InetAddress ONE = InetAddress.ofLiteral("2001:db8::1");
  private static final InetAddress SAME = InetAddress.ofLiteral("2001:db8::ffff:2");
  private static final InetAddress ANOTHER = InetAddress.ofLiteral("192.0.2.1");

  @Test
  void incomingConnectionsLeaveAShareToOutgoingOnesAndTheOtherWayRound() {
    ConnectionLimits incoming = new ConnectionLimits(20, 15, 100);
    ConnectionLimits outgoing = new ConnectionLimits(20, 15, 100);
    int accepted = 0;
    int called = 0;
    for (int i = 0; i < 30; i++) {
      accepted += incoming.mayAccept(1) ? 1 : 0;
      called += outgoing.mayConnect(1) ? 1 : 0;
    }

    assertThat(accepted).isEqualTo(15);
    assertThat(called).isEqualTo(15);
    assertThat(incoming.mayConnect(1)).isTrue();
    assertThat(outgoing.mayAccept(1)).isTrue();
    incoming.closed(true);
    assertThat(incoming.mayAccept(1)).isTrue();
    assertThat(incoming.open()).isEqualTo(16);
  }

  @Test
  void roomIsWantedForASecondAfterSomebodyWasRefused() {
    ConnectionLimits limits = new ConnectionLimits(1, 1, 100);
    assertThat(limits.mayAccept(1)).isTrue();
    assertThat(limits.roomWanted(1)).isFalse();

    assertThat(limits.mayAccept(1)).isFalse();
    assertThat(limits.roomWanted(2)).isTrue();
    assertThat(limits.roomWanted(TimeUnit.SECONDS.toNanos(2))).isFalse();
  }

  @Test
  void ofHandshakesTheOldestMakesRoom() {
    Handshakes handshakes = new Handshakes(10, 3);
    List<EmbeddedChannel> channels = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      EmbeddedChannel channel = new EmbeddedChannel();
      channels.add(channel);
      var victim = handshakes.begun(channel, i % 2 == 0 ? ONE : SAME);
      if (i < 3) {
        assertThat(victim).isEmpty();
      } else {
        assertThat(victim).containsSame(channels.get(i - 3));
      }
    }
    assertThat(handshakes.begun(new EmbeddedChannel(), ANOTHER)).isEmpty();
    assertThat(handshakes.count()).isEqualTo(4);

    channels.forEach(channel -> handshakes.ended(channel, ONE));
    assertThat(handshakes.count()).isOne();
  }

  @Test
  void handshakesOfManyAddressesAreBoundedTogether() {
    Handshakes handshakes = new Handshakes(10, 3);
    EmbeddedChannel first = new EmbeddedChannel();
    handshakes.begun(first, ANOTHER);
    for (int i = 0; i < 9; i++) {
      assertThat(handshakes.begun(new EmbeddedChannel(), InetAddress.ofLiteral("198.51.100." + i)))
          .isEmpty();
    }

    assertThat(handshakes.begun(new EmbeddedChannel(), ONE)).containsSame(first);
    assertThat(handshakes.count()).isEqualTo(10);
  }

  @Test
  void whyAConnectionEndedDecidesWhenThePeerIsCalledAgain() {
    assertThat(CloseReason.CLOSED_BY_PEER.outcome(1)).isEqualTo(CallOutcome.GAVE);
    assertThat(CloseReason.CLOSED_BY_PEER.outcome(0)).isEqualTo(CallOutcome.FRUITLESS);
    assertThat(CloseReason.USELESS.outcome(0)).isEqualTo(CallOutcome.FRUITLESS);
    assertThat(CloseReason.PROTOCOL_ERROR.outcome(1)).isEqualTo(CallOutcome.SLIPPED);
    assertThat(CloseReason.CORRUPT_DATA.outcome(1)).isEqualTo(CallOutcome.SLIPPED);
    assertThat(CloseReason.NOT_NEEDED.outcome(1)).isEqualTo(CallOutcome.NOT_NEEDED);
  }
}
