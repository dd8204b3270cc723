package dev.piecework.worker.checksum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

final class Crc32cCombinerTest {
  @Test
  void joinsRangesOfAnyLengthLikeOneRun() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 300; round++) {
      byte[] content = new byte[random.nextInt(0, 5000)];
      random.nextBytes(content);
      Crc32cCombiner combiner = new Crc32cCombiner();
      int from = 0;
      while (from < content.length) {
        int to = from + random.nextInt(0, content.length - from + 1);
        combiner.append(crc32c(content, from, to), to - from);
        from = to;
      }

      assertThat(combiner.crc32c()).isEqualTo(crc32c(content, 0, content.length));
      assertThat(combiner.length()).isEqualTo(content.length);
    }
  }

  @Test
  void joinsZerosBeyondFourGibibytes() {
    // The CRC32C of n zero bytes, doubled to 2^33 of them: lengths above 32 bits are not cut.
    int crc = crc32c(new byte[1 << 20], 0, 1 << 20);
    long length = 1L << 20;
    CRC32C direct = new CRC32C();
    byte[] zeros = new byte[1 << 20];
    while (length < 1L << 33) {
      crc = Crc32cCombiner.combine(crc, crc, length);
      length *= 2;
    }
    for (long done = 0; done < length; done += zeros.length) {
      direct.update(zeros);
    }

    assertThat(crc).isEqualTo((int) direct.getValue());
  }

  @Test
  void anEmptyRangeChangesNothing() {
    assertThat(Crc32cCombiner.combine(0x12345678, 0, 0)).isEqualTo(0x12345678);
  }

  @Test
  void writesBase64OfFourBigEndianBytes() {
    // RFC 3720 B.4: the CRC32C of 32 zero bytes is 8a9136aa (bytes aa 36 91 8a on the wire).
    assertThat(Crc32cCombiner.base64(crc32c(new byte[32], 0, 32))).isEqualTo("ipE2qg==");
  }

  @Test
  void refusesANegativeLength() {
    assertThatThrownBy(() -> Crc32cCombiner.combine(1, 2, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  private static int crc32c(byte[] content, int from, int to) {
    CRC32C crc32c = new CRC32C();
    crc32c.update(content, from, to - from);
    return (int) crc32c.getValue();
  }
}
