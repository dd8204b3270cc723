package dev.piecework.tracker;

import dev.piecework.fuzz.Checks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What trackers answer over HTTP and UDP (BEP 3, 7, 15, 23), and the URLs that name them. */
public final class TrackerAnswersFuzz {
  private static final int TRANSACTION = 0x01020304;

  private TrackerAnswersFuzz() {}

  /** Called by the fuzzer; the first byte says which kind. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] rest = Arrays.copyOfRange(input, 1, input.length);
    switch (input[0] & 3) {
      case 0, 1 -> http(rest);
      case 2 -> udp(rest, (input[0] & 4) != 0);
      default -> TrackerUrl.parse(new String(rest, StandardCharsets.UTF_8));
    }
  }

  private static void http(byte[] body) {
    switch (HttpAnswer.read(200, body)) {
      case AnnounceResult.Accepted accepted -> {
        Checks.that(accepted.peers().size() <= 10_000, "more peers than a bounded answer has");
        accepted
            .peers()
            .forEach(peer ->
                Checks.that(peer.getPort() > 0 && peer.getPort() <= 65535, "a peer's port"));
      }
      case AnnounceResult.Failed failed ->
          Checks.that(failed.message().chars().noneMatch(Character::isISOControl), "a raw message");
    }
  }

  private static void udp(byte[] datagram, boolean ipv6) {
    ByteBuf bytes = Unpooled.wrappedBuffer(datagram);
    if (datagram.length >= 8) {
      bytes.setInt(4, TRANSACTION);
    }
    UdpMessages.read(bytes, TRANSACTION, ipv6);
  }
}
