package dev.piecework.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {
  private static final int PIECES = 10;

  private final Recorder recorder = new Recorder();
  private final MessageReader reader =
      new MessageReader(UnpooledByteBufAllocator.DEFAULT, PIECES, recorder);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 13, 17, 64, 100_000})
  void messagesAreTheSameHoweverTheyAreCut(int portion) throws WireException {
    ByteBuf stream = everyMessage();
    while (stream.isReadable()) {
      reader.read(stream.readSlice(Math.min(portion, stream.readableBytes())));
    }
    assertThat(recorder.seen)
        .containsExactly(
            "keepAlive",
            "choke",
            "unchoke",
            "interested",
            "notInterested",
            "have 7",
            "bitfield ff80",
            "request 1 2 3",
            "block 4 16384 0102030405",
            "cancel 1 2 3",
            "haveAll",
            "haveNone",
            "reject 1 2 3",
            "allowedFast 9",
            "extended 0 6465",
            "extended 3 0000000b",
            "block 0 0 07");
    reader.close();
  }

  private static ByteBuf everyMessage() {
    ByteBuf out = Unpooled.buffer();
    MessageWriter.keepAlive(out);
    MessageWriter.choke(out);
    MessageWriter.unchoke(out);
    MessageWriter.interested(out);
    MessageWriter.notInterested(out);
    MessageWriter.have(out, 7);
    MessageWriter.bitfield(out, new byte[] {(byte) 0xff, (byte) 0x80});
    MessageWriter.request(out, 1, 2, 3);
    MessageWriter.pieceHeader(out, 4, 16384, 5);
    out.writeBytes(new byte[] {1, 2, 3, 4, 5});
    MessageWriter.cancel(out, 1, 2, 3);
    out.writeInt(4).writeByte(99).writeMedium(1); // unknown to us: skipped
    MessageWriter.haveAll(out);
    MessageWriter.haveNone(out);
    MessageWriter.reject(out, 1, 2, 3);
    MessageWriter.allowedFast(out, 9);
    MessageWriter.extended(out, 0, new byte[] {'d', 'e'});
    MessageWriter.dontHave(out, 3, 11);
    MessageWriter.pieceHeader(out, 0, 0, 1);
    out.writeByte(7);
    return out;
  }

  @Test
  void aMessageLongerThanAMebibyteIsRefusedBeforeItArrives() {
    assertThatThrownBy(() -> reader.read(Unpooled.buffer().writeInt((1 << 20) + 1)))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("1048577");
  }

  @Test
  void aNegativeLengthIsRefused() {
    assertThatThrownBy(() -> reader.read(Unpooled.buffer().writeInt(-1)))
        .isInstanceOf(WireException.class);
  }

  @Test
  void aMessageOfTheWrongLengthIsRefused() {
    assertThatThrownBy(() -> reader.read(Unpooled.buffer().writeInt(4).writeByte(4).writeMedium(1)))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("expected 4");
  }

  @Test
  void anEmptyBlockAndOneThatIsTooLongAreRefused() {
    for (int block : new int[] {0, (128 << 10) + 1}) {
      MessageReader fresh = new MessageReader(UnpooledByteBufAllocator.DEFAULT, PIECES, recorder);
      ByteBuf header = Unpooled.buffer();
      MessageWriter.pieceHeader(header, 0, 0, block);
      assertThatThrownBy(() -> fresh.read(header)).isInstanceOf(WireException.class);
    }
  }

  @Test
  void aClaimedLengthCostsNoMemoryUntilBytesCome() throws WireException {
    ByteBuf claim = Unpooled.buffer().writeInt(1 + MessageReader.MAX_EXTENDED).writeByte(20);
    reader.read(claim);
    assertThat(recorder.seen).isEmpty();
    reader.close();
    reader.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 1000, (1 << 20) - 1})
  void aBitfieldOfAnotherLengthIsRefusedBeforeItArrives(int length) {
    assertThatThrownBy(() -> reader.read(Unpooled.buffer().writeInt(1 + length).writeByte(5)))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("expected 2");
  }

  @Test
  void anExtendedMessageThatIsTooLongIsSkippedAndNotGathered() throws WireException {
    ByteBuf out = Unpooled.buffer();
    MessageWriter.extended(out, 0, new byte[600_000]);
    MessageWriter.have(out, 3);
    UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false);
    MessageReader counted = new MessageReader(memory, PIECES, recorder);
    while (out.isReadable()) {
      counted.read(out.readSlice(Math.min(1000, out.readableBytes())));
      assertThat(memory.metric().usedHeapMemory() + memory.metric().usedDirectMemory()).isZero();
    }
    assertThat(recorder.seen).containsExactly("have 3");
  }

  @Test
  void randomBytesNeverCauseAnythingButAWireException() {
    Random random = new Random(20260101);
    int refused = 0;
    for (int round = 0; round < 5000; round++) {
      MessageReader fresh = new MessageReader(UnpooledByteBufAllocator.DEFAULT, PIECES, recorder);
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length > 4 && random.nextBoolean()) {
        bytes[0] = 0;
        bytes[1] = 0;
        bytes[2] = 0;
        bytes[3] = (byte) random.nextInt(20);
        bytes[4] = (byte) random.nextInt(22);
      }
      try {
        fresh.read(Unpooled.wrappedBuffer(bytes));
      } catch (WireException e) {
        refused++;
      } finally {
        fresh.close();
      }
    }
    assertThat(refused).isPositive();
  }

  /** Writes down what it is told. */
  private static final class Recorder implements MessageSink {
    final List<String> seen = new ArrayList<>();
    private ByteBuf block = Unpooled.buffer();
    private String header = "";

    @Override
    public void keepAlive() {
      seen.add("keepAlive");
    }

    @Override
    public void choke() {
      seen.add("choke");
    }

    @Override
    public void unchoke() {
      seen.add("unchoke");
    }

    @Override
    public void interested() {
      seen.add("interested");
    }

    @Override
    public void notInterested() {
      seen.add("notInterested");
    }

    @Override
    public void have(int piece) {
      seen.add("have " + piece);
    }

    @Override
    public void bitfield(ByteBuf bits) {
      seen.add("bitfield " + ByteBufUtil.hexDump(bits));
    }

    @Override
    public void request(int piece, int offset, int length) {
      seen.add("request " + piece + " " + offset + " " + length);
    }

    @Override
    public void cancel(int piece, int offset, int length) {
      seen.add("cancel " + piece + " " + offset + " " + length);
    }

    @Override
    public void pieceStart(int piece, int offset, int length) {
      header = "block " + piece + " " + offset + " ";
      block = Unpooled.buffer(length);
    }

    @Override
    public void pieceBytes(ByteBuf from, int count) {
      block.writeBytes(from, count);
    }

    @Override
    public void pieceEnd() {
      seen.add(header + ByteBufUtil.hexDump(block));
    }

    @Override
    public void suggest(int piece) {
      seen.add("suggest " + piece);
    }

    @Override
    public void haveAll() {
      seen.add("haveAll");
    }

    @Override
    public void haveNone() {
      seen.add("haveNone");
    }

    @Override
    public void reject(int piece, int offset, int length) {
      seen.add("reject " + piece + " " + offset + " " + length);
    }

    @Override
    public void allowedFast(int piece) {
      seen.add("allowedFast " + piece);
    }

    @Override
    public void extended(int id, ByteBuf payload) {
      seen.add("extended " + id + " " + ByteBufUtil.hexDump(payload));
    }
  }
}
