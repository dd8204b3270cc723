package dev.piecework.engine;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BencodeException;
import dev.piecework.bencode.BencodeLimits;
import dev.piecework.bencode.BencodeReader;
import dev.piecework.bencode.BencodeWriter;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.wire.ExtensionHandshake;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.OptionalLong;

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

  /**
   * Reads a request for a block of the info dictionary (BEP 9).
   *
   * @return the number of the block as the peer said it; empty for anything else, which is ignored
   */
  OptionalLong metadataRequest(ByteBuf payload) {
    if (payload.readableBytes() > LONGEST_REQUEST || privateTorrent) {
      return OptionalLong.empty();
    }
    byte[] bytes = new byte[payload.readableBytes()];
    payload.readBytes(bytes);
    try {
      if (READER.readFirst(bytes, 0) instanceof BDictionary fields
          && fields.integer("msg_type").orElse(-1L) == METADATA_REQUEST) {
        return OptionalLong.of(fields.integer("piece").orElse(-1L));
      }
    } catch (BencodeException e) {
      // Nothing depends on it; the peer may try again.
    }
    return OptionalLong.empty();
  }

  int metadataBlocks() {
    return (info.length + METADATA_BLOCK - 1) / METADATA_BLOCK;
  }

  byte[] refusal(long block) {
    return BencodeWriter.dictionary().put("msg_type", METADATA_REJECT).put("piece", block).encode();
  }

  /** What precedes the bytes of a block. */
  byte[] metadataHead(int block) {
    return BencodeWriter.dictionary()
        .put("msg_type", METADATA_DATA)
        .put("piece", block)
        .put("total_size", info.length)
        .encode();
  }

  /** The bytes of a block, not copied. */
  ByteBuf metadataBlock(int block) {
    int from = block * METADATA_BLOCK;
    return Unpooled.wrappedBuffer(info, from, Math.min(METADATA_BLOCK, info.length - from));
  }
}
