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
    return value.toMillis() % 1000 == 0 ? value.toSeconds() + "s" : value.toMillis() + "ms";
  }
}
