package dev.piecework.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long a command that listens outlives its broker. */
final class ReconnectOption {
  @Option(
      names = "--reconnect",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = {
        "When the broker is lost, try it again for this long; 0s gives up at once.",
        "Nothing is missed meanwhile. Default: 10m"
      })
  Duration patience = Duration.ofMinutes(10);
}
