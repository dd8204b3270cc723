package dev.piecework.worker.settings;

import java.time.Duration;

/** Bounds of settings, with messages that name the setting. */
final class Checks {
  private Checks() {}

  static void atLeast(String setting, Duration value, Duration least) {
    if (value.compareTo(least) < 0) {
      throw new IllegalArgumentException(
          "%s is %s: expected at least %s".formatted(setting, text(value), text(least)));
    }
  }

  /** Where the least is another setting. */
  static void atLeast(String setting, Duration value, String other, Duration least) {
    if (value.compareTo(least) < 0) {
      throw new IllegalArgumentException(
          "%s is %s: expected at least %s, which is %s"
              .formatted(setting, text(value), other, text(least)));
    }
  }

  static void between(String setting, Duration value, Duration least, Duration most) {
    atLeast(setting, value, least);
    if (value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "%s is %s: expected at most %s".formatted(setting, text(value), text(most)));
    }
  }

  static void between(String setting, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d: expected %d to %d".formatted(setting, value, least, most));
    }
  }

  private static String text(Duration value) {
    if (value.toMillis() % 1000 != 0) {
      return value.toMillis() + "ms";
    }
    long seconds = value.toSeconds();
    if (seconds == 0 || seconds % 60 != 0) {
      return seconds + "s";
    }
    if (seconds % 3600 != 0) {
      return seconds / 60 + "m";
    }
    return seconds % 86_400 == 0 ? seconds / 86_400 + "d" : seconds / 3600 + "h";
  }
}
