package dev.piecework.worker.checksum;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.Checksum;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class CrcTest {
  /** The check values of the catalogue of parametrised CRC algorithms, of "123456789". */
  @ParameterizedTest
  @CsvSource({"CRC32C, e3069283", "CRC32, cbf43926", "CRC64NVME, ae8b14860a799888"})
  void givesTheCheckValue(Crc crc, String expected) {
    assertThat(Long.toHexString(sum(crc, "123456789".getBytes(StandardCharsets.US_ASCII))))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Crc.class)
  void joinsNeighbouringRanges(Crc crc) {
    byte[] content = new byte[100_003];
    new SplittableRandom(1).nextBytes(content);
    for (int cut : new int[] {0, 1, 7, 8, 50_000, 100_003}) {
      byte[] first = Arrays.copyOf(content, cut);
      byte[] second = Arrays.copyOfRange(content, cut, content.length);

      assertThat(crc.combine(sum(crc, first), sum(crc, second), second.length))
          .isEqualTo(sum(crc, content));
    }
  }

  @ParameterizedTest
  @EnumSource(Crc.class)
  void readsWhatItWrites(Crc crc) {
    long sum = sum(crc, new byte[] {1, 2, 3});

    assertThat(crc.parse(crc.base64(sum))).isEqualTo(sum);
  }

  private static long sum(Crc crc, byte[] content) {
    Checksum sum = crc.start();
    sum.update(content, 0, content.length);
    return sum.getValue();
  }
}
