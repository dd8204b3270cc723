package dev.piecework.acceptance.faults;

import java.util.Locale;

/** What workers depend on and reach through a proxy that can misbehave. */
enum Service {
  BROKER,
  DATABASE,
  STORE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
