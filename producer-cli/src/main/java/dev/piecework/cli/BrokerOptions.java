package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that talks to the broker. There is none for the password itself. */
final class BrokerOptions {
  @Option(
      names = "--broker",
      paramLabel = "URI",
      description = {
        "amqp[s]://HOST[:PORT][/VHOST], without credentials.",
        "Environment: PIECEWORK_BROKER_URI. Configuration: broker.uri.",
        "Default: amqp://127.0.0.1:5672/%%2f"
      })
  @Nullable String uri;

  @Option(
      names = "--broker-username",
      paramLabel = "NAME",
      description = {
        "Environment: PIECEWORK_BROKER_USERNAME. Configuration: broker.username.",
        "Default: guest"
      })
  @Nullable String username;

  @Option(
      names = "--broker-password-file",
      paramLabel = "FILE",
      description = {
        "A file that holds the password alone.",
        "Environment: PIECEWORK_BROKER_PASSWORD_FILE,",
        "or PIECEWORK_BROKER_PASSWORD, the password itself. Configuration: broker.password-file.",
        "Default: guest"
      })
  @Nullable Path passwordFile;

  @Option(
      names = "--broker-ca-file",
      paramLabel = "FILE",
      description = {
        "With amqps: certificates (PEM) of authorities to believe beside those that Java knows.",
        "Environment: PIECEWORK_BROKER_CA_FILE. Configuration: broker.ca-file."
      })
  @Nullable Path caFile;

  @Mixin ConfigOption config = new ConfigOption();

  BrokerSettings settings(Map<String, String> environment) {
    return BrokerSettings.of(
        Optional.ofNullable(uri),
        Optional.ofNullable(username),
        Optional.ofNullable(passwordFile),
        Optional.ofNullable(caFile),
        environment);
  }
}
