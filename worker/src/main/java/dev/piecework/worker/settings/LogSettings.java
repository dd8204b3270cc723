package dev.piecework.worker.settings;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the worker writes its log.
 *
 * @param format {@code text}: lines for people; {@code json}: an object on each line, for
 *     collectors
 */
@ConfigurationProperties("piecework.log")
public record LogSettings(@DefaultValue("text") String format) {

  /** Validates. */
  public LogSettings {
    if (!format.equals("text") && !format.equals("json")) {
      throw new IllegalArgumentException(
          "piecework.log.format is '%s': expected text or json".formatted(format));
    }
  }
}
