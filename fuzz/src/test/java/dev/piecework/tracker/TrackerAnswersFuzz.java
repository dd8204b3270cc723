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
      case 0 -> http(HttpAnswer.read(200, rest));
      case 1 -> rawHttp(rest);
      case 2 -> udp(rest, (input[0] & 4) != 0);
      default -> TrackerUrl.parse(new String(rest, StandardCharsets.UTF_8));
    }
  }

  /** As it comes from the socket, in two portions, and then the connection ends. */
  private static void rawHttp(byte[] bytes) {
    HttpReplyReader reader = new HttpReplyReader();
    int half = bytes.length / 2;
    HttpReplyReader.Progress progress = reader.read(Unpooled.wrappedBuffer(bytes, 0, half));
    if (progress instanceof HttpReplyReader.Progress.More) {
      progress = reader.read(Unpooled.wrappedBuffer(bytes, half, bytes.length - half));
    }
    if (progress instanceof HttpReplyReader.Progress.More) {
      progress = reader.end();
    }
    if (progress instanceof HttpReplyReader.Progress.Complete complete) {
      http(HttpAnswer.read(complete.reply()));
    }
  }

  private static void http(AnnounceResult result) {
    switch (result) {
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
