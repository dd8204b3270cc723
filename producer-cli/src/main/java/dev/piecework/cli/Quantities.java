package dev.piecework.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Quantities as people type them. */
public final class Quantities {
  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d{1,6})d)?(?:(\\d{1,6})h)?(?:(\\d{1,6})m)?(?:(\\d{1,9})s)?");
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)([kmgt]?)(?:i?b)?");

  private Quantities() {}

  /** {@code 90s}, {@code 1h30m}, {@code 2d}, or ISO 8601. */
  public static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher matcher = DURATION.matcher(text);
      if (!text.isEmpty() && matcher.matches()) {
        return Duration.ofDays(number(matcher, 1))
            .plusHours(number(matcher, 2))
            .plusMinutes(number(matcher, 3))
            .plusSeconds(number(matcher, 4));
      }
      try {
        Duration duration = Duration.parse(text);
        if (!duration.isNegative()) {
          return duration;
        }
      } catch (DateTimeParseException | ArithmeticException e) {
        // Falls through to the one complaint that helps.
      }
      throw new TypeConversionException(
          "'" + text + "' is not a duration: expected 90s, 45m, 1h30m, 2d or ISO 8601 (PT1H30M)");
    }

    private static long number(Matcher matcher, int group) {
      String digits = matcher.group(group);
      return digits == null ? 0 : Long.parseLong(digits);
    }
  }

  /** Bytes per second: {@code 500k}, {@code 10MiB}, {@code 1.5g}; units are binary. */
  public static final class RateConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is not a rate: expected bytes per second such as 500k, 10MiB or 1.5g");
      }
      int power = "kmgt".indexOf(matcher.group(2)) + (matcher.group(2).isEmpty() ? 0 : 1);
      return new BigDecimal(matcher.group(1))
          .multiply(BigDecimal.valueOf(1L << (10 * power)))
          .longValue();
    }
  }
}
