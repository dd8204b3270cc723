package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  private static final String[] SUBMIT = {"submit", "https://h/a", "-n"};

  @TempDir Path home = Path.of("");

  @Test
  void anOptionWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
    write(
        ".config/piecework/config",
        "# mine\n\nbucket = from-file\r\nprefix=p/=q/\noutput = name\n");
    Map<String, String> environment = new HashMap<>(Map.of("HOME", home.toString()));

    assertThat(submit(environment, "-o", "table"))
        .contains("\"bucket\":\"from-file\",\"prefix\":\"p/=q/\"");
    assertThat(submit(environment)).as("output = name").matches("[a-z2-7]{26}\n");
    environment.put("PIECEWORK_BUCKET", "from-environment");
    assertThat(submit(environment, "-o", "json")).contains("\"from-environment\"");
    assertThat(submit(environment, "-o", "json", "-b", "from-option")).contains("\"from-option\"");
  }

  @Test
  void theFileIsFoundWhereItIsNamed() throws IOException {
    write(".config/piecework/config", "bucket = usual\n");
    write("xdg/piecework/config", "bucket = by-xdg\n");
    write("named", "bucket = by-variable\n");
    write("flag", "bucket = by-flag\n");
    Map<String, String> environment = new HashMap<>(Map.of("HOME", home.toString()));

    assertThat(submit(environment)).contains("usual");
    environment.put("XDG_CONFIG_HOME", home.resolve("xdg").toString());
    assertThat(submit(environment)).contains("by-xdg");
    environment.put("PIECEWORK_CONFIG", home.resolve("named").toString());
    assertThat(submit(environment)).contains("by-variable");
    assertThat(submit(environment, "--config", home + "/flag")).contains("by-flag");
    assertThat(submit(environment, "--config=" + home + "/flag")).contains("by-flag");
  }

  @Test
  void theBrokerIsFoundByTheFile() throws IOException {
    write("secrets/password", "geheim\n");
    Path file =
        write(
            "config",
            "broker.uri = amqps://rabbit.example\nbroker.username = piecework\nbroker.password-file = secrets/password\n");
    Map<String, String> merged = ConfigFile.apply(Optional.of(file.toString()), Map.of());

    assertThat(merged)
        .containsEntry("PIECEWORK_BROKER_URI", "amqps://rabbit.example")
        .containsEntry("PIECEWORK_BROKER_USERNAME", "piecework")
        .containsEntry(
            "PIECEWORK_BROKER_PASSWORD_FILE", home.resolve("secrets/password").toString());
    // A password in the environment is not at odds with a file of it in the configuration.
    assertThat(
            ConfigFile.apply(
                Optional.of(file.toString()), Map.of("PIECEWORK_BROKER_PASSWORD", "x")))
        .doesNotContainKey("PIECEWORK_BROKER_PASSWORD_FILE");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "brokr.uri = amqp://h|has the unknown key \"brokr.uri\": did you mean broker.uri?",
        "Bucket = x|did you mean bucket?",
        "broker.password = geheim|holds a password",
        "broker.uri = amqp://u:geheim@h|holds a user name or a password",
        "broker.uri = http://geheim|is not a broker's address",
        "geheim|is not \"key = value\"",
        "bucket =|gives bucket no value",
        "prefix = a|has prefix a second time",
      })
  void aWrongLineIsNamed(String line, String complaint) throws IOException {
    Path file = write("config", "# first\nprefix = a\n" + line + "\n");
    CliRun run = CliRun.of(Map.of(), "submit", "x", "--config", file.toString());

    assertThat(run.exitCode()).isEqualTo(11);
    assertThat(run.err()).contains(file + ":3", complaint).doesNotContain("geheim");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void aFileThatIsNamedMustBeThere() {
    CliRun run = CliRun.of(Map.of(), "submit", "x", "--config", home + "/none");

    assertThat(run.exitCode()).isEqualTo(11);
    assertThat(run.err()).contains("/none does not exist");
    assertThat(CliRun.of(Map.of("PIECEWORK_CONFIG", home + "/none"), "inspect", "x").exitCode())
        .isEqualTo(11);
  }

  @Test
  void helpIsHadWhateverTheFileLooksLike() throws IOException {
    Path file = write("config", "nonsense\n");
    Map<String, String> environment = Map.of("PIECEWORK_CONFIG", file.toString());

    assertThat(CliRun.of(environment, "submit", "--help").exitCode()).isZero();
    assertThat(CliRun.of(environment, "help", "dlq").exitCode()).isZero();
    assertThat(CliRun.of(environment, "version").exitCode()).isZero();
    assertThat(CliRun.of(environment, "completion", "bash").exitCode()).isZero();
  }

  private static String submit(Map<String, String> environment, String... arguments) {
    String[] all = java.util.Arrays.copyOf(SUBMIT, SUBMIT.length + arguments.length);
    System.arraycopy(arguments, 0, all, SUBMIT.length, arguments.length);
    CliRun run = CliRun.of(environment, all);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out();
  }

  private Path write(String name, String text) throws IOException {
    Path path = home.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }
}
