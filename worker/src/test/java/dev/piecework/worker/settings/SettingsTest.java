package dev.piecework.worker.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.message.OnExisting;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  @Test
  void readsABrokersAddress() {
    BrokerSettings settings =
        new BrokerSettings(URI.create("amqps://me:pass@broker.example/vh"), "", "", "", "", false);
    assertThat(settings.port()).isEqualTo(5671);
    assertThat(settings.virtualHost()).isEqualTo("vh");
    assertThat(settings.effectiveUsername()).isEqualTo("me");
    assertThat(settings.effectivePassword()).isEqualTo("pass");
    assertThat(settings.toString()).doesNotContain("pass").contains("broker.example");
  }

  @Test
  void anExplicitUserWinsOverTheAddress() {
    BrokerSettings settings =
        new BrokerSettings(
            URI.create("amqp://me:pass@broker.example"), "you", "word", "", "", false);
    assertThat(settings.effectiveUsername()).isEqualTo("you");
    assertThat(settings.effectivePassword()).isEqualTo("word");
    assertThat(settings.virtualHost()).isEqualTo("/");
  }

  @Test
  void refusesWhatIsNoBroker() {
    assertThatThrownBy(() -> new BrokerSettings(URI.create("http://x"), "", "", "", "", false))
        .hasMessageContaining("PIECEWORK_BROKER_URI");
  }

  @Test
  void readsAPasswordFromAFile(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("password"), "s e c\n");
    assertThat(Secrets.read("piecework.x.password", "", file.toString())).isEqualTo("s e c");
    assertThatThrownBy(() -> Secrets.read("piecework.x.password", "a", file.toString()))
        .hasMessageContaining("set one of them");
    assertThatThrownBy(() -> Secrets.read("piecework.x.password", "", folder + "/none"))
        .hasMessageContaining("cannot be read");
  }

  @Test
  void aSecretInAFileIsReadAgainAndTheLastOneStandsWhileTheFileIsAway(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("password"), "old\n");
    Supplier<String> secret = Secrets.rereading("piecework.x.password", "", file.toString());
    BrokerSettings broker =
        new BrokerSettings(URI.create("amqp://b"), "me", "", file.toString(), "", false);
    assertThat(secret.get()).isEqualTo("old");
    assertThat(broker.effectivePassword()).isEqualTo("old");
    Files.writeString(file, "new\n");
    assertThat(secret.get()).isEqualTo("new");
    assertThat(broker.effectivePassword()).isEqualTo("new");
    Files.delete(file);
    assertThat(secret.get()).isEqualTo("new");
    assertThat(Secrets.rereading("piecework.x.password", "value", "").get()).isEqualTo("value");
  }

  @Test
  void refusesADatabaseItDoesNotKnowAndHidesPasswords() {
    Duration wait = Duration.ofSeconds(1);
    assertThatThrownBy(() -> new DatabaseSettings("jdbc:mysql://x", "", "", "", wait))
        .hasMessageContaining("PIECEWORK_DATABASE_URL");
    DatabaseSettings settings =
        new DatabaseSettings("jdbc:postgresql://u:p@db/x?password=secret", "", "word", "", wait);
    assertThat(settings.toString())
        .doesNotContain("secret")
        .doesNotContain("word")
        .contains("//db/x");
  }

  @Test
  void refusesAnEndpointThatIsNoAddress() {
    for (String wrong : List.of("collector:4318", "http://", "ftp://h", "http://h/?a")) {
      assertThatThrownBy(() -> new TracingSettings(wrong))
          .hasMessageStartingWith("piecework.tracing.endpoint is '" + wrong);
    }
    assertThat(new TracingSettings("http://h:4318/").traces())
        .contains(URI.create("http://h:4318/v1/traces"));
    assertThat(new TracingSettings("").traces()).isEmpty();
  }

  @Test
  void refusesWhatIsNoNetwork() {
    assertThatThrownBy(
            () -> new NetworkSettings(List.of("tomorrow"), false, "", Duration.ofSeconds(5), 8))
        .hasMessageContaining("PIECEWORK_NETWORK_ALLOW");
  }

  @Test
  void boundsTheWorkersNumbers() {
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() ->
            new WorkerSettings(
                1,
                Duration.ofSeconds(15),
                second,
                "",
                second,
                second,
                Duration.ofSeconds(2),
                second,
                second,
                OnExisting.OVERWRITE,
                Duration.ZERO,
                Duration.ofDays(7),
                Duration.ZERO))
        .hasMessage("piecework.worker.checkpoint-interval is 2s: expected at most 1s");
    assertThatThrownBy(() ->
            new WorkerSettings(
                1,
                Duration.ofSeconds(15),
                second,
                "",
                second,
                second,
                second,
                second,
                second,
                OnExisting.OVERWRITE,
                Duration.ofDays(366),
                Duration.ofDays(7),
                Duration.ZERO))
        .hasMessage(
            "piecework.worker.job-deadline is 31622400s: expected 0s (none), or 1s to 365d");
  }
}
