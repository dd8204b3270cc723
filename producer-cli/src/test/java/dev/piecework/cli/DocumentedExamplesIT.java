package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.cli.progress.Events;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example of docs/cli.md does what it should, typed into a real shell. */
class DocumentedExamplesIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @TempDir Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Connection connection;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void makeFilesAndDeadLetters() throws Exception {
    for (String name : List.of("debian", "sets/a", "sets/deep/b")) {
      Path path = folder.resolve(name + ".torrent");
      Files.createDirectories(path.getParent());
      Path content = Files.writeString(folder.resolve("content"), name);
      Files.write(path, TorrentMaker.of(content).pieceBytes(16384).make().metainfo());
    }
    Files.writeString(
        folder.resolve("jobs.jsonl"), "{\"source\":{\"url\":\"https://example.org/a\"}}\n");
    connection = broker.connectionFactory().newConnection();
    FakeFleet.listening(connection, FakeFleet.limits("w1", 3));
    try (Channel channel = connection.createChannel()) {
      channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
      channel.queuePurge(Topology.DEAD_LETTER_QUEUE);
      letter(
          channel,
          "SOURCE_REFUSED",
          "{\"id\":\"debian-13\",\"source\":{\"url\":\"https://h/a\"},\"destination\":{\"bucket\":\"data\"}}");
      letter(channel, "INVALID_MESSAGE", "no job");
    }
  }

  private static void letter(Channel channel, String code, String body) throws IOException {
    channel.basicPublish(
        "",
        Topology.DEAD_LETTER_QUEUE,
        new AMQP.BasicProperties.Builder()
            .headers(Map.of(Topology.DEAD_LETTER_CODE_HEADER, code))
            .build(),
        body.getBytes(StandardCharsets.UTF_8));
  }

  @AfterEach
  void disconnect() {
    connection.abort();
  }

  static Stream<String> examples() throws IOException {
    List<String> examples = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(Path.of("..", "docs", "cli.md"))) {
      if (line.startsWith("```")) {
        inside = line.equals("```console");
      } else if (inside) {
        examples.add(line);
      }
    }
    return examples.stream();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleWorks(String example) throws Exception {
    // What follows without an end of its own gets one.
    boolean endless =
        example.matches("piecework (events|watch)\\b.*") && !example.contains("--timeout");
    String line = endless ? example + " --timeout 1s" : example;
    Path jar = Path.of("target", "producer-cli.jar").toAbsolutePath();
    String script =
        "set -eo pipefail\ncd '%s'\npiecework() { '%s/bin/java' -jar '%s' \"$@\"; }\n%s\n"
            .formatted(folder, System.getProperty("java.home"), jar, line);
    try (FakeWorker _ = new FakeWorker(connection, job -> Events.wholeJob(job.id()))) {
      Processes.Outcome outcome =
          Processes.command(List.of("bash", "-c", script))
              .environment(BrokerEnvironment.of(broker))
              .run(LIMIT);

      boolean timeout = endless && (line.contains("--count") || line.contains("--until-final"));
      assertThat(outcome.exitCode())
          .as("%s%n%s%s", line, outcome.stdout(), outcome.stderr())
          .isEqualTo(timeout ? 8 : 0);
    }
  }
}
