package dev.piecework.message;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a job does where an object is already in the place of one of its own. */
public enum OnExisting {
  /** Writes every object, whatever is there. */
  OVERWRITE,
  /** Leaves what is proven to be the same content, and writes the rest. */
  SKIP,
  /** Fails before it has written anything. */
  FAIL;

  /** As it stands in messages and settings. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one with a wire name; empty if there is none. */
  public static Optional<OnExisting> ofWireName(String name) {
    return Stream.of(values()).filter(each -> each.wireName().equals(name)).findFirst();
  }
}
