package dev.piecework.engine;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BencodeException;
import dev.piecework.bencode.BencodeLimits;
import dev.piecework.bencode.BencodeReader;
import dev.piecework.bencode.BencodeWriter;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.wire.ExtensionHandshake;
import dev.piecework.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.util.Arrays;

/** What we speak of the extension protocol (BEP 10): lost pieces (BEP 54), metadata (BEP 9). */
final class Extensions {
  /** Our id for {@code lt_donthave}. */
  static final int DONT_HAVE = 1;

  /** Our id for {@code ut_metadata}. */
  static final int METADATA = 2;

  private static final int METADATA_BLOCK = 16 << 10;
  private static final int METADATA_REQUEST = 0;
  private static final int METADATA_DATA = 1;
  private static final int METADATA_REJECT = 2;
  private static final int LONGEST_REQUEST = 256;
  private static final BencodeReader READER =
      BencodeReader.lenient(new BencodeLimits(LONGEST_REQUEST, 4, 64));

  private final byte[] info;
  private final boolean privateTorrent;
  private final int listenPort;

  Extensions(Metainfo metainfo, int listenPort) {
    this.info = metainfo.rawInfo();
    this.privateTorrent = metainfo.privateTorrent();
    this.listenPort = listenPort;
  }

  byte[] handshake(InetAddress peer, boolean uploadOnly) {
    return new ExtensionHandshake(
            DONT_HAVE,
            METADATA,
            info.length,
            ExtensionHandshake.CLIENT,
            listenPort,
            UploadQueue.CAPACITY,
            uploadOnly)
        .encode(peer);
  }

  /** Answers a request for a block of the info dictionary; anything else is ignored (BEP 9). */
  void metadata(PeerLink link, int peerId, ByteBuf payload) {
    if (payload.readableBytes() > LONGEST_REQUEST || privateTorrent) {
      return;
    }
    byte[] bytes = new byte[payload.readableBytes()];
    payload.readBytes(bytes);
    try {
      if (READER.readFirst(bytes, 0) instanceof BDictionary fields
          && fields.integer("msg_type").orElse(-1L) == METADATA_REQUEST) {
        long block = fields.integer("piece").orElse(-1L);
        MessageWriter.extended(link.outbox(), peerId, answer(block));
      }
    } catch (BencodeException e) {
      // Nothing depends on it; the peer may try again.
    }
  }

  private byte[] answer(long block) {
    if (block < 0 || block * METADATA_BLOCK >= info.length) {
      return BencodeWriter.dictionary()
          .put("msg_type", METADATA_REJECT)
          .put("piece", block)
          .encode();
    }
    byte[] head =
        BencodeWriter.dictionary()
            .put("msg_type", METADATA_DATA)
            .put("piece", block)
            .put("total_size", info.length)
            .encode();
    int from = (int) block * METADATA_BLOCK;
    int length = Math.min(METADATA_BLOCK, info.length - from);
    byte[] answer = Arrays.copyOf(head, head.length + length);
    System.arraycopy(info, from, answer, head.length, length);
    return answer;
  }
}
