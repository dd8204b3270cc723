package dev.piecework.cli;

import dev.piecework.cli.broker.ControlClient;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of every command that is answered by a worker. */
final class FleetOptions {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = "How long to wait for an answer. Default: 15s")
  Duration timeout = Duration.ofSeconds(15);

  @Mixin BrokerOptions broker = new BrokerOptions();

  ControlClient connect(CommandLine command, Map<String, String> environment) {
    if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
      throw new ParameterException(command, "--timeout is out of range: expected 1s to 1h");
    }
    return ControlClient.connect(broker.settings(environment), timeout);
  }
}
