package dev.piecework.cli.progress;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Numbers as people read them, in binary units. Always with a decimal point. */
public final class Human {
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB");

  private Human() {}

  /**
   * Three digits and a unit: {@code 512 B}, {@code 1.50 KiB}, {@code 12.3 MiB}, {@code 658 MiB}.
   */
  public static String bytes(long bytes) {
    int unit = unit(bytes);
    return digits(bytes, unit) + " " + UNITS.get(unit);
  }

  /** {@link #bytes} with {@code /s}. */
  public static String rate(long bytesPerSecond) {
    return bytes(bytesPerSecond) + "/s";
  }

  /** Two sizes in the unit of the second: {@code 1.20/3.40 GiB}. */
  public static String bytesOf(long done, long total) {
    int unit = unit(total);
    return digits(done, unit) + "/" + digits(total, unit) + " " + UNITS.get(unit);
  }

  /** Rounded down, so that 100 means all; of nothing, all is done. */
  public static int percent(long done, long total) {
    return total <= 0 ? 100 : (int) Math.clamp(Math.floor(100.0 * done / total), 0, 100);
  }

  /** The two largest units: {@code 45s}, {@code 3m05s}, {@code 2h03m}, {@code 3d04h}. */
  public static String duration(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3600) {
      return two(seconds / 60, "m", seconds % 60, "s");
    }
    if (seconds < 86_400) {
      return two(seconds / 3600, "h", seconds / 60 % 60, "m");
    }
    return two(seconds / 86_400, "d", seconds / 3600 % 24, "h");
  }

  /** {@code 1 file}, {@code 2 files}. */
  public static String count(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private static String two(long large, String largeUnit, long small, String smallUnit) {
    return large + largeUnit + (small < 10 ? "0" : "") + small + smallUnit;
  }

  private static int unit(long bytes) {
    int unit = 0;
    double value = bytes;
    // Not 1024: 1023.7 KiB would be printed as 1024 KiB.
    while (value >= 999.5 && unit < UNITS.size() - 1) {
      value /= 1024;
      unit++;
    }
    return unit;
  }

  private static String digits(long bytes, int unit) {
    if (unit == 0) {
      return Long.toString(bytes);
    }
    double value = bytes / Math.pow(1024, unit);
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
