package dev.piecework.fuzz;

import dev.piecework.wire.MessageReader;
import dev.piecework.wire.MessageSink;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;

/** A peer's stream of messages (BEP 3, 6, 10), cut at any byte. */
public final class PeerMessagesFuzz {
  /** Of the torrent: a bitfield has two bytes. */
  private static final int PIECES = 10;

  private PeerMessagesFuzz() {}

  /** Called by the fuzzer; the first byte says into how many bytes the rest is cut. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    int step = Math.max(1, input[0] & 0xff);
    Sink sink = new Sink();
    MessageReader reader = new MessageReader(UnpooledByteBufAllocator.DEFAULT, PIECES, sink);
    try {
      for (int from = 1; from < input.length; from += step) {
        ByteBuf bytes = Unpooled.wrappedBuffer(input, from, Math.min(step, input.length - from));
        reader.read(bytes);
        Checks.that(!bytes.isReadable(), "bytes were left unread");
      }
    } catch (WireException e) {
      Checks.that(!String.valueOf(e.getMessage()).isBlank(), "a refusal without a reason");
    } finally {
      reader.close();
    }
    Checks.that(sink.bytes <= input.length, "more bytes were handed on than came");
  }

  private static final class Sink implements MessageSink {
    private long bytes;
    private int blockLeft;

    @Override
    public void keepAlive() {}

    @Override
    public void choke() {}

    @Override
    public void unchoke() {}

    @Override
    public void interested() {}

    @Override
    public void notInterested() {}

    @Override
    public void have(int piece) {}

    @Override
    public void bitfield(ByteBuf bits) {
      take(bits);
    }

    @Override
    public void request(int piece, int offset, int length) {}

    @Override
    public void cancel(int piece, int offset, int length) {}

    @Override
    public void pieceStart(int piece, int offset, int length) {
      Checks.that(length >= 0 && length <= MessageReader.MAX_BLOCK, "a block over the limit");
      Checks.that(blockLeft == 0, "a block inside a block");
      blockLeft = length;
    }

    @Override
    public void pieceBytes(ByteBuf from, int count) {
      Checks.that(count > 0 && count <= blockLeft, "bytes that belong to no block");
      from.skipBytes(count);
      blockLeft -= count;
      bytes += count;
    }

    @Override
    public void pieceEnd() {
      Checks.that(blockLeft == 0, "a block ended before its end");
    }

    @Override
    public void suggest(int piece) {}

    @Override
    public void haveAll() {}

    @Override
    public void haveNone() {}

    @Override
    public void reject(int piece, int offset, int length) {}

    @Override
    public void allowedFast(int piece) {}

    @Override
    public void extended(int id, ByteBuf payload) {
      Checks.that(id >= 0 && id <= 255, "an extension id that is no byte");
      take(payload);
    }

    private void take(ByteBuf from) {
      Checks.that(from.readableBytes() <= MessageReader.MAX_MESSAGE, "a message over the limit");
      bytes += from.readableBytes();
    }
  }
}
