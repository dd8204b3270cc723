package dev.piecework.tracker;

import dev.piecework.text.ForeignText;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The datagrams of BEP 15, with the URL data option of BEP 41. */
final class UdpMessages {
  private static final long PROTOCOL_ID = 0x41727101980L;
  private static final int CONNECT = 0;
  private static final int ANNOUNCE = 1;
  private static final int ERROR = 3;
  private static final int HEADER_BYTES = 8;
  private static final int URL_DATA_OPTION = 2;
  private static final int MAX_OPTION_BYTES = 255;

  private UdpMessages() {}

  /** What a tracker sends. */
  sealed interface Answer {
    /** A connection id. */
    record Connected(long connectionId) implements Answer {}

    /** Peers and the interval. */
    record Announced(Duration interval, List<InetSocketAddress> peers) implements Answer {}

    /** It refuses; the text is cleaned. */
    record Refused(String message) implements Answer {}

    /** Nothing that answers the question. */
    record Foreign() implements Answer {}
  }

  static ByteBuf connect(int transactionId) {
    return Unpooled.buffer(16).writeLong(PROTOCOL_ID).writeInt(CONNECT).writeInt(transactionId);
  }

  static ByteBuf announce(
      long connectionId, int transactionId, AnnounceRequest request, String pathAndQuery) {
    AnnounceSettings settings = request.settings();
    Totals totals = request.totals();
    ByteBuf out =
        Unpooled.buffer(128)
            .writeLong(connectionId)
            .writeInt(ANNOUNCE)
            .writeInt(transactionId)
            .writeBytes(settings.infoHash().bytes())
            .writeBytes(settings.peerId())
            .writeLong(totals.downloadedBytes())
            .writeLong(totals.leftBytes())
            .writeLong(totals.uploadedBytes())
            .writeInt(request.event().udpNumber());
    Optional<InetAddress> told = settings.announcedAddress().filter(Inet4Address.class::isInstance);
    if (told.isPresent()) {
      out.writeBytes(told.get().getAddress());
    } else {
      out.writeInt(0);
    }
    out.writeInt(settings.key()).writeInt(request.wanted()).writeShort(settings.port());
    byte[] urlData = pathAndQuery.getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at < urlData.length; at += MAX_OPTION_BYTES) {
      int length = Math.min(MAX_OPTION_BYTES, urlData.length - at);
      out.writeByte(URL_DATA_OPTION).writeByte(length).writeBytes(urlData, at, length);
    }
    return out;
  }

  /**
   * Reads one datagram.
   *
   * @param datagram released by the caller
   * @param transactionId of the question
   * @param ipv6 whether the tracker was reached over IPv6: the addresses it sends are then too
   */
  static Answer read(ByteBuf datagram, int transactionId, boolean ipv6) {
    if (datagram.readableBytes() < HEADER_BYTES) {
      return new Answer.Foreign();
    }
    int action = datagram.readInt();
    if (datagram.readInt() != transactionId) {
      return new Answer.Foreign();
    }
    return switch (action) {
      case CONNECT ->
          datagram.readableBytes() < 8
              ? new Answer.Foreign()
              : new Answer.Connected(datagram.readLong());
      case ANNOUNCE -> announced(datagram, ipv6);
      case ERROR -> new Answer.Refused(ForeignText.line(datagram.toString(StandardCharsets.UTF_8)));
      default -> new Answer.Foreign();
    };
  }

  private static Answer announced(ByteBuf datagram, boolean ipv6) {
    if (datagram.readableBytes() < 12) {
      return new Answer.Foreign();
    }
    long intervalSeconds = datagram.readUnsignedInt();
    datagram.skipBytes(8); // leechers, seeders
    List<InetSocketAddress> peers = new ArrayList<>();
    CompactPeers.read(
        ByteBufUtil.getBytes(datagram), 0, ipv6 ? CompactPeers.IPV6 : CompactPeers.IPV4, peers);
    return new Answer.Announced(Duration.ofSeconds(intervalSeconds), List.copyOf(peers));
  }
}
