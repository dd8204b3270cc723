package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.cli.progress.Events;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.ControlRequest.GetJob;
import dev.piecework.message.ControlRequest.OfJob;
import dev.piecework.message.Topology;
import dev.piecework.testkit.DocumentedRights;
import dev.piecework.testkit.RabbitBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each role of docs/operations.md can do its work, and no other's, with the rights named there. */
class BrokerRightsIT {
  private static final String SUBMIT = "submit https://h.example/a.torrent --bucket data --id a";

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @SuppressWarnings("NullAway.Init") // given before all tests
  private static DocumentedRights rights;

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Connection connection;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.start();
    rights = DocumentedRights.of(broker, Path.of("..", "docs", "operations.md"));
  }

  @AfterAll
  static void stopBroker() {
    rights.close();
    broker.close();
  }

  @BeforeEach
  void startFleet() throws Exception {
    connection = broker.connectionFactory().newConnection();
    FakeFleet.listening(connection, FakeFleet.limits("w1", 3));
    FakeFleet.answering(connection, BrokerRightsIT::answer);
    try (Channel channel = connection.createChannel()) {
      channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
      channel.queuePurge(Topology.DEAD_LETTER_QUEUE);
      channel.basicPublish(
          "",
          Topology.DEAD_LETTER_QUEUE,
          new AMQP.BasicProperties.Builder()
              .headers(Map.of(Topology.DEAD_LETTER_CODE_HEADER, "SOURCE_REFUSED"))
              .build(),
          "{\"id\":\"a\",\"source\":{\"url\":\"https://h/a\"},\"destination\":{\"bucket\":\"data\"}}"
              .getBytes(StandardCharsets.UTF_8));
    }
  }

  private static Optional<ControlReply> answer(ControlRequest request) {
    return Optional.of(
        switch (request) {
          case GetJob get ->
              new ControlReply.Details(ControlCommandsIT.job(get.job(), "completed"), List.of());
          case OfJob order ->
              new ControlReply.Ordered(ControlCommandsIT.job(order.job(), "paused"), true);
          case ControlRequest _ ->
              new ControlReply.Page(List.of(ControlCommandsIT.job("a", "running")), false);
        });
  }

  @AfterEach
  void stopFleet() {
    connection.abort();
  }

  private CliRun run(String role, String command) throws Exception {
    Map<String, String> environment = BrokerEnvironment.of(broker);
    environment.put("PIECEWORK_BROKER_USERNAME", rights.user(role));
    environment.put("PIECEWORK_BROKER_PASSWORD", DocumentedRights.PASSWORD);
    try (FakeWorker _ = new FakeWorker(connection, job -> Events.wholeJob(job.id()))) {
      return CliRun.of(environment, command.split(" "));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "submit, " + SUBMIT,
    "submit, " + SUBMIT + " --wait --timeout 60s",
    "submit, events a --timeout 1s",
    "submit, events a --type failed --timeout 1s",
    "observe, events --timeout 1s",
    "observe, events a --until-final",
    "observe, get a",
    "observe, list",
    "observe, watch a",
    "observe, limits --timeout 1s",
    "operate, events a --until-final",
    "operate, list",
    "operate, limits --timeout 1s",
    "operate, pause a",
    "operate, resume a",
    "operate, cancel a",
    "operate, retry a",
    "operate, dlq list",
    "operate, dlq show a",
    "operate, dlq requeue a",
    "operate, dlq purge --all --yes"
  })
  void aRoleCanDoItsWork(String role, String command) throws Exception {
    CliRun run = run(role, command);

    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "submit, events --timeout 1s",
    "submit, get a",
    "submit, list",
    "submit, watch a",
    "submit, limits --timeout 1s",
    "submit, pause a",
    "submit, cancel a",
    "submit, dlq list",
    "submit, dlq purge --all --yes",
    "observe, " + SUBMIT,
    "observe, " + SUBMIT + " --wait --timeout 60s",
    "observe, pause a",
    "observe, resume a",
    "observe, cancel a",
    "observe, retry a",
    "observe, dlq list",
    "observe, dlq show a",
    "observe, dlq requeue a",
    "observe, dlq purge --all --yes"
  })
  void aRoleCannotDoTheWorkOfAnother(String role, String command) throws Exception {
    CliRun run = run(role, command);

    assertThat(run.exitCode()).as(run.err()).isEqualTo(13);
    assertThat(run.err())
        .startsWith("piecework: user \"" + rights.user(role) + "\" lacks a right at ")
        .contains("ACCESS_REFUSED", "docs/operations.md, \"Rights on the broker\"");
  }
}
