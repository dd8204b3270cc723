package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "90s, PT90S",
    "45m, PT45M",
    "1h30m, PT1H30M",
    "2d, PT48H",
    "1d2h3m4s, PT26H3M4S",
    "PT1H, PT1H",
    "P1DT1S, PT24H1S",
    "0s, PT0S"
  })
  void durationsCanBeTyped(String text, Duration duration) {
    assertThat(new Quantities.DurationConverter().convert(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "90", "1h 30m", "-5m", "PT-5M", "1w", "m", "9999999999s"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> new Quantities.DurationConverter().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("expected 90s, 45m, 1h30m");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1000, 1000",
    "500k, 512000",
    "10MiB, 10485760",
    "10mb, 10485760",
    "1.5g, 1610612736",
    "1T, 1099511627776"
  })
  void ratesCanBeTyped(String text, long bytes) {
    assertThat(new Quantities.RateConverter().convert(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "k", "-1", "10x", "10 MiB", "1e9"})
  void whatIsNoRateIsRefused(String text) {
    assertThatThrownBy(() -> new Quantities.RateConverter().convert(text))
        .isInstanceOf(TypeConversionException.class);
  }
}
