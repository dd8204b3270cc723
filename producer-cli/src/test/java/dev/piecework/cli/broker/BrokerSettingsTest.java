package dev.piecework.cli.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerSettingsTest {
  @TempDir Path folder = Path.of("");

  @Test
  void theDefaultIsABrokerOnThisMachine() {
    assertThat(environment(Map.of()))
        .isEqualTo(
            new BrokerSettings("127.0.0.1", 5672, false, "/", "guest", "guest", Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource({
    "amqp://h, h, 5672, false, /",
    "amqp://h/, h, 5672, false, /",
    "amqp://h/%2f, h, 5672, false, /",
    "amqp://h:5673/prod, h, 5673, false, prod",
    "amqps://h/a%20b, h, 5671, true, a b",
  })
  void theAddressIsReadAsTheWorkerReadsIt(
      String uri, String host, int port, boolean tls, String virtualHost) {
    assertThat(environment(Map.of("PIECEWORK_BROKER_URI", uri)))
        .isEqualTo(
            new BrokerSettings(host, port, tls, virtualHost, "guest", "guest", Optional.empty()));
  }

  @Test
  void theEnvironmentMayHoldTheLoginInTheAddressOrApart() {
    assertThat(environment(Map.of("PIECEWORK_BROKER_URI", "amqp://u:p@h")))
        .extracting(BrokerSettings::username, BrokerSettings::password)
        .containsExactly("u", "p");
    assertThat(
            environment(
                Map.of(
                    "PIECEWORK_BROKER_URI",
                    "amqp://u:p@h",
                    "PIECEWORK_BROKER_USERNAME",
                    "v",
                    "PIECEWORK_BROKER_PASSWORD",
                    "q")))
        .extracting(BrokerSettings::username, BrokerSettings::password)
        .containsExactly("v", "q");
  }

  @Test
  void flagsComeBeforeTheEnvironment() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), "from file\n");

    BrokerSettings settings =
        BrokerSettings.of(
            Optional.of("amqp://flag"),
            Optional.of("flag-user"),
            Optional.of(file),
            Optional.empty(),
            Map.of(
                "PIECEWORK_BROKER_URI", "amqp://environment",
                "PIECEWORK_BROKER_USERNAME", "environment-user",
                "PIECEWORK_BROKER_PASSWORD", "environment-password"));

    assertThat(settings)
        .isEqualTo(
            new BrokerSettings(
                "flag", 5672, false, "/", "flag-user", "from file", Optional.empty()));
  }

  @Test
  void thePasswordMayStandInAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), "secret\r\n");

    assertThat(environment(Map.of("PIECEWORK_BROKER_PASSWORD_FILE", file.toString())).password())
        .isEqualTo("secret");
  }

  @Test
  void aPasswordInTheArgumentsIsRefusedAndNotRepeated() {
    assertThatThrownBy(() ->
            BrokerSettings.of(
                Optional.of("amqp://user:secret@h"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of()))
        .isInstanceOfSatisfying(
            CliException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .message()
        .contains("PIECEWORK_BROKER_PASSWORD")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h:5672", "http://h", "amqp://", "amqp:///vhost", "amqp://u:secret@h h"})
  void whatIsNoAddressIsRefusedAndNotRepeated(String uri) {
    assertThatThrownBy(() -> environment(Map.of("PIECEWORK_BROKER_URI", uri)))
        .isInstanceOfSatisfying(
            CliException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_CONFIGURATION))
        .message()
        .contains("PIECEWORK_BROKER_URI", "expected amqp://host")
        .doesNotContain("secret");
  }

  @Test
  void aPasswordFileThatIsNotThereIsNamed() {
    assertThatThrownBy(
            () -> environment(Map.of("PIECEWORK_BROKER_PASSWORD_FILE", folder + "/none")))
        .isInstanceOf(CliException.class)
        .hasMessageContaining(folder + "/none cannot be read");
  }

  @Test
  void twoPasswordsAreOneTooMany() {
    assertThatThrownBy(() ->
            environment(
                Map.of("PIECEWORK_BROKER_PASSWORD_FILE", "f", "PIECEWORK_BROKER_PASSWORD", "p")))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("both set");
  }

  @Test
  void itNeverPrintsThePassword() {
    assertThat(environment(Map.of("PIECEWORK_BROKER_PASSWORD", "secret")).toString())
        .isEqualTo("BrokerSettings[amqp://127.0.0.1:5672/%2f]");
  }

  private static BrokerSettings environment(Map<String, String> environment) {
    return BrokerSettings.of(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), environment);
  }
}
