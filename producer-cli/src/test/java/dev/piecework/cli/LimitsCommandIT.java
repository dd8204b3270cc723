package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlReply;
import dev.piecework.message.Topology;
import dev.piecework.testkit.RabbitBroker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every worker is asked through a real broker; the workers are played. */
class LimitsCommandIT {
  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

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
  void emptyBroker() throws Exception {
    connection = broker.connectionFactory().newConnection();
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDelete(Topology.CONTROL_EXCHANGE);
      channel.exchangeDelete(Topology.QUESTIONS_EXCHANGE);
    }
  }

  @AfterEach
  void disconnect() throws Exception {
    connection.close();
  }

  private static CliRun run(String... options) {
    List<String> arguments = new ArrayList<>(List.of("limits"));
    arguments.addAll(List.of(options));
    return CliRun.of(BrokerEnvironment.of(broker), arguments.toArray(String[]::new));
  }

  private void listening(ControlReply... replies) throws Exception {
    for (ControlReply reply : replies) {
      FakeFleet.listening(connection, reply);
    }
  }

  @Test
  void everyWorkersLimitsAreARowEach() throws Exception {
    listening(FakeFleet.limits("b", 4), FakeFleet.limits("a", 3));

    CliRun run = run();

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "WORKER HOST VERSION OF USED LIMIT FULL",
            "a host-a 1.0.0 slots 3 4 75%",
            "a host-a 1.0.0 piece_buffer_bytes 16.0 MiB 64.0 MiB 25%",
            "a host-a 1.0.0 kept_bytes 512 B none -",
            "a host-a 1.0.0 connections_per_second - 100/s -",
            "b host-b 1.0.0 slots 4 4 100%",
            "b host-b 1.0.0 piece_buffer_bytes 16.0 MiB 64.0 MiB 25%",
            "b host-b 1.0.0 kept_bytes 512 B none -",
            "b host-b 1.0.0 connections_per_second - 100/s -");
  }

  @Test
  void programsAreToldNumbersInTheUnitNamed() throws Exception {
    listening(FakeFleet.limits("b", 4), FakeFleet.limits("a", 3));

    JsonNode workers = new JsonMapper().readTree(run("-o", "json").out()).path("workers");

    assertThat(workers.size()).isEqualTo(2);
    JsonNode buffer = workers.path(0).path("limits").path(1);
    assertThat(workers.path(0).path("worker").asString("")).isEqualTo("a");
    assertThat(buffer.toString())
        .isEqualTo(
            "{\"name\":\"piece_buffer_bytes\",\"unit\":\"bytes\",\"limit\":67108864,\"used\":16777216}");
    assertThat(run("-o", "jsonl").out().lines()).hasSize(2);
    assertThat(run("-o", "name").out()).isEqualTo("a\nb\n");
  }

  @Test
  void aFleetWithoutWorkersDoesNotAnswer() throws Exception {
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(Topology.CONTROL_EXCHANGE, "topic", true);
      channel.exchangeDeclare(Topology.QUESTIONS_EXCHANGE, "direct", true);
    }

    CliRun run = run("--timeout", "1h");

    assertThat(run.exitCode()).isEqualTo(14);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("piecework: no worker (of this version) told its limits at");
  }

  @Test
  void workersThatSayNothingToItAreNoAnswer() throws Exception {
    listening(new ControlReply.Refused(ControlReply.Code.UNSUPPORTED, "what are limits?"));

    assertThat(run("--timeout", "1s").exitCode()).isEqualTo(14);
  }

  @Test
  void aBrokerThatNoWorkerHasEverSeenIsSaidToBeThat() {
    assertThat(run().exitCode()).isEqualTo(9);
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    CliRun run = run("--timeout", "0s");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--timeout is out of range: expected 1s to 1h");
  }
}
