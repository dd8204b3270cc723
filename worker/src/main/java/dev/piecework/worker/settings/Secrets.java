package dev.piecework.worker.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Secrets come as a value or in a file (as Docker and Kubernetes mount them), never both. */
public final class Secrets {
  private static final long MAX_BYTES = 64 << 10;

  private Secrets() {}

  /**
   * The secret itself.
   *
   * @param setting the property's name without {@code -file}, for messages
   * @param value the value, empty if not set
   * @param file path of a file that holds it, empty if not set; one trailing line break is dropped
   * @return the secret; empty if neither is set
   * @throws IllegalArgumentException if both are set, or the file cannot be read
   */
  public static String read(String setting, String value, String file) {
    if (file.isEmpty()) {
      return value;
    }
    if (!value.isEmpty()) {
      throw new IllegalArgumentException(
          "both %s and %s-file are set: set one of them".formatted(setting, setting));
    }
    try {
      Path path = Path.of(file);
      if (Files.size(path) > MAX_BYTES) {
        throw new IllegalArgumentException(
            "%s-file names %s, which is larger than %d bytes: expected a file that holds only the secret"
                .formatted(setting, file, MAX_BYTES));
      }
      return Files.readString(path).replaceFirst("\\R\\z", "");
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s-file names %s, which cannot be read (%s): expected a readable text file"
              .formatted(setting, file, e.getClass().getSimpleName()),
          e);
    }
  }
}
