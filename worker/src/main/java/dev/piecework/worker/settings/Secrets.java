package dev.piecework.worker.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Secrets come as a value or in a file (as Docker and Kubernetes mount them), never both. */
public final class Secrets {
  private static final Logger LOG = LoggerFactory.getLogger(Secrets.class);
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

  /**
   * The secret as it is at each call: a file is read again every time, because a rotated secret
   * replaces the file of a running worker. While the file cannot be read the last secret stands,
   * and the log says so once for each reason. Safe for use by several threads.
   *
   * @param setting the property's name without {@code -file}, for messages
   * @param value the value, empty if not set
   * @param file path of a file that holds it, empty if not set
   * @throws IllegalArgumentException if both are set, or the file cannot be read now
   */
  public static Supplier<String> rereading(String setting, String value, String file) {
    String first = read(setting, value, file);
    return file.isEmpty() ? () -> first : new Reread(setting, file, first);
  }

  private static final class Reread implements Supplier<String> {
    private final String setting;
    private final String file;
    private String last;
    private String trouble = "";

    Reread(String setting, String file, String first) {
      this.setting = setting;
      this.file = file;
      this.last = first;
    }

    @Override
    public synchronized String get() {
      try {
        last = read(setting, "", file);
        trouble = "";
      } catch (IllegalArgumentException e) {
        String now = String.valueOf(e.getMessage());
        if (!now.equals(trouble)) {
          LOG.warn("{}; the secret read before stays in use", now);
          trouble = now;
        }
      }
      return last;
    }
  }
}
