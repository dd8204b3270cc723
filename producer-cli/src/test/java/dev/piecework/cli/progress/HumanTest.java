package dev.piecework.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 0.98 KiB",
    "1024, 1.00 KiB",
    "1536, 1.50 KiB",
    "10229, 9.99 KiB",
    "10239, 10.0 KiB",
    "102348, 99.9 KiB",
    "102399, 100 KiB",
    "1023487, 999 KiB",
    "1023488, 0.98 MiB",
    "3650722201, 3.40 GiB",
    "9223372036854775807, 8.00 EiB",
  })
  void sizesHaveThreeDigits(long bytes, String text) {
    assertThat(Human.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0, 10, 0/10 B", "0, 0, 0/0 B", "1073741824, 3221225472, 1.00/3.00 GiB"})
  void aShareIsGivenInTheUnitOfTheWhole(long done, long total, String text) {
    assertThat(Human.bytesOf(done, total)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0, 3, 0", "1, 3, 33", "999, 1000, 99", "3, 3, 100", "0, 0, 100", "4, 3, 100"})
  void onlyAllIsAHundredPercent(long done, long total, int percent) {
    assertThat(Human.percent(done, total)).isEqualTo(percent);
  }

  @ParameterizedTest
  @CsvSource({
    "-5, 0s",
    "0, 0s",
    "59, 59s",
    "60, 1m00s",
    "185, 3m05s",
    "3600, 1h00m",
    "7380, 2h03m",
    "86400, 1d00h",
    "273600, 3d04h"
  })
  void durationsHaveTwoUnits(long seconds, String text) {
    assertThat(Human.duration(Duration.ofSeconds(seconds))).isEqualTo(text);
  }
}
