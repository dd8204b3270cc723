package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class PieceSetTest {
  @Test
  void bitsBeyondTheLastPieceAreIgnored() {
    PieceSet set = new PieceSet(10);

    assertThat(set.read(Unpooled.wrappedBuffer(new byte[] {(byte) 0x80, 0x7f}))).isTrue();
    assertThat(set.count()).isEqualTo(2);
    assertThat(set.has(0)).isTrue();
    assertThat(set.has(9)).isTrue();
    assertThat(set.read(Unpooled.wrappedBuffer(new byte[] {(byte) 0xff, (byte) 0xff}))).isTrue();
    assertThat(set.full()).isTrue();
  }

  @Test
  void aBitfieldOfAnotherLengthIsRefused() {
    assertThat(new PieceSet(10).read(Unpooled.wrappedBuffer(new byte[3]))).isFalse();
    assertThat(new PieceSet(10).read(Unpooled.wrappedBuffer(new byte[1]))).isFalse();
  }
}
