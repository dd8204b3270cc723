package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.net.HostLookup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class PeerAddressesTest {
  @Test
  void aNameThatHangsIsLeftOutAndHoldsNothingUp() {
    CountDownLatch release = new CountDownLatch(1);
    HostLookup.Names names =
        host -> {
          if (host.equals("hang.test")) {
            try {
              release.await();
            } catch (InterruptedException e) {
              throw new UnknownHostException(host);
            }
          }
          if (host.equals("none.test")) {
            throw new UnknownHostException(host);
          }
          return List.of(InetAddress.ofLiteral("192.0.2.7"));
        };
    try (HostLookup lookup = new HostLookup(names, Duration.ofMillis(200), 2)) {
      assertThat(
              PeerAddresses.parse(
                  List.of(
                      "hang.test:1",
                      "none.test:2",
                      "a.test:3",
                      "10.0.0.1:4",
                      "[::1]:5",
                      "x",
                      "y:0"),
                  lookup))
          .containsExactly(
              new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 3),
              new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 4),
              new InetSocketAddress(InetAddress.ofLiteral("::1"), 5));
    } finally {
      release.countDown();
    }
  }
}
