package dev.piecework.engine;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.wire.MessageReader;
import dev.piecework.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** What a peer can send that costs most, for each type of message. */
final class WorstMessages {
  /** The one that is not hostile as such: blocks that are there. */
  static final String SERVED = "request of what is there";

  private WorstMessages() {}

  /**
   * Each by a name for people; a writer appends one or two messages at each call.
   *
   * @param pieces of the torrent
   * @param pieceBytes their length
   */
  static Map<String, Consumer<ByteBuf>> of(int pieces, int pieceBytes) {
    Map<String, Consumer<ByteBuf>> all = new LinkedHashMap<>();
    int[] turn = {0};
    all.put("keep-alive", MessageWriter::keepAlive);
    all.put("choke", MessageWriter::choke);
    all.put(
        "choke and unchoke",
        out -> {
          MessageWriter.choke(out);
          MessageWriter.unchoke(out);
        });
    all.put(
        "interested and not",
        out -> {
          MessageWriter.interested(out);
          MessageWriter.notInterested(out);
        });
    all.put("have, always the same", out -> MessageWriter.have(out, 1));
    all.put("have, each once", out -> MessageWriter.have(out, turn[0]++ % pieces));
    all.put(
        "have and don't have",
        out -> {
          MessageWriter.have(out, 7);
          MessageWriter.dontHave(out, Extensions.DONT_HAVE, 7);
        });
    all.put(
        "have all and don't have",
        out -> {
          MessageWriter.haveAll(out);
          MessageWriter.dontHave(out, Extensions.DONT_HAVE, 0);
        });
    all.put(
        "have all and have none",
        out -> {
          MessageWriter.haveAll(out);
          MessageWriter.haveNone(out);
        });
    byte[] bits = new byte[(pieces + 7) / 8];
    Arrays.fill(bits, 0, bits.length - 1, (byte) 0x55);
    all.put("bitfield", out -> MessageWriter.bitfield(out, bits));
    all.put(
        "don't have, each",
        out -> MessageWriter.dontHave(out, Extensions.DONT_HAVE, turn[0]++ % pieces));
    all.put(
        "request of what is not there",
        out -> MessageWriter.request(out, 1 + turn[0]++ % (pieces - 1), 0, pieceBytes));
    all.put(SERVED, out -> MessageWriter.request(out, 0, 0, pieceBytes));
    all.put("request of one byte", out -> MessageWriter.request(out, 0, turn[0]++ % pieceBytes, 1));
    all.put(
        "request and cancel",
        out -> {
          MessageWriter.request(out, 0, 0, pieceBytes);
          MessageWriter.cancel(out, 0, 0, pieceBytes);
        });
    all.put("cancel of nothing", out -> MessageWriter.cancel(out, 0, 1, 5));
    all.put(
        "block that nobody asked for",
        out -> {
          MessageWriter.pieceHeader(out, 5, 0, 1);
          out.writeByte(0);
        });
    all.put("suggest", out -> out.writeInt(5).writeByte(13).writeInt(3));
    all.put("reject of nothing", out -> MessageWriter.reject(out, 3, 0, pieceBytes));
    all.put("allowed fast, always the same", out -> MessageWriter.allowedFast(out, 9));
    all.put("allowed fast, each", out -> MessageWriter.allowedFast(out, turn[0]++ % pieces));
    byte[] small = "d1:md11:ut_metadatai3eee".getBytes(StandardCharsets.US_ASCII);
    all.put("extension handshake", out -> MessageWriter.extended(out, 0, small));
    all.put("extension handshake with many names", out -> MessageWriter.extended(out, 0, names()));
    all.put(
        "extension handshake that is too long",
        out -> MessageWriter.extended(out, 0, new byte[MessageReader.MAX_EXTENDED + 1]));
    all.put("metadata request", out -> metadata(out, turn[0]++ % 100));
    all.put("metadata request, always the same", out -> metadata(out, 0));
    all.put("metadata request of what is not there", out -> metadata(out, 1_000_000));
    all.put(
        "metadata that nobody asked for",
        out ->
            MessageWriter.extended(
                out,
                Extensions.METADATA,
                "d8:msg_typei1e5:piecei0ee".getBytes(StandardCharsets.US_ASCII)));
    all.put("unknown extension", out -> MessageWriter.extended(out, 99, new byte[3]));
    all.put("unknown message", out -> out.writeInt(3).writeByte(200).writeShort(1));
    all.put("port", out -> out.writeInt(3).writeByte(9).writeShort(6881));
    all.put(
        "hash request",
        out -> out.writeInt(49).writeByte(21).writeZero(32).writeInt(0).writeInt(0).writeLong(7));
    all.put("length that is absurd", out -> out.writeInt(Integer.MAX_VALUE).writeByte(20));
    return all;
  }

  private static byte[] names() {
    BencodeWriter.DictionaryWriter ids = BencodeWriter.dictionary();
    for (int i = 1000; i < 2900; i++) {
      ids.put("x" + i, 1);
    }
    return BencodeWriter.dictionary().put("m", ids).encode();
  }

  /** A request for a block of the metadata (BEP 9). */
  static void metadata(ByteBuf out, int block) {
    MessageWriter.extended(
        out,
        Extensions.METADATA,
        "d8:msg_typei0e5:piecei%dee".formatted(block).getBytes(StandardCharsets.US_ASCII));
  }
}
