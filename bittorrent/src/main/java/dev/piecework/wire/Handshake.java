package dev.piecework.wire;

import dev.piecework.metainfo.InfoHash;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * What each side sends first (BEP 3): protocol name, capabilities, torrent, who we are.
 *
 * @param fast whether it speaks the Fast extension (BEP 6)
 * @param extensions whether it speaks the extension protocol (BEP 10)
 * @param infoHash the torrent
 * @param peerId who it says it is
 */
public record Handshake(boolean fast, boolean extensions, InfoHash infoHash, PeerId peerId) {
  /** Bytes of a handshake on the wire. */
  public static final int LENGTH = 68;

  private static final byte[] PROTOCOL =
      "\u0013BitTorrent protocol".getBytes(StandardCharsets.ISO_8859_1);
  private static final int EXTENSION_BYTE = 5;
  private static final int EXTENSION_BIT = 0x10;
  private static final int FAST_BYTE = 7;
  private static final int FAST_BIT = 0x04;
  private static final int RESERVED_BYTES = 8;

  /**
   * Reads {@link #LENGTH} bytes.
   *
   * @throws WireException when they do not begin with the protocol's name
   */
  public static Handshake read(ByteBuf in) throws WireException {
    for (byte expected : PROTOCOL) {
      if (in.readByte() != expected) {
        throw new WireException("not a BitTorrent handshake");
      }
    }
    byte[] reserved = new byte[RESERVED_BYTES];
    in.readBytes(reserved);
    byte[] infoHash = new byte[InfoHash.LENGTH];
    in.readBytes(infoHash);
    byte[] peerId = new byte[PeerId.LENGTH];
    in.readBytes(peerId);
    return new Handshake(
        (reserved[FAST_BYTE] & FAST_BIT) != 0,
        (reserved[EXTENSION_BYTE] & EXTENSION_BIT) != 0,
        InfoHash.of(infoHash),
        PeerId.of(peerId));
  }

  /** Appends the {@link #LENGTH} bytes. */
  public void write(ByteBuf out) {
    byte[] reserved = new byte[RESERVED_BYTES];
    reserved[FAST_BYTE] |= (byte) (fast ? FAST_BIT : 0);
    reserved[EXTENSION_BYTE] |= (byte) (extensions ? EXTENSION_BIT : 0);
    out.writeBytes(PROTOCOL)
        .writeBytes(reserved)
        .writeBytes(infoHash.bytes())
        .writeBytes(peerId.bytes());
  }
}
