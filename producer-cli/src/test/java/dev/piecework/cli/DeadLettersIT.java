package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.DeadLetterQueue;
import dev.piecework.cli.broker.DeadLetterQueue.Verdict;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.RabbitBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dead-letter queue of a real broker. */
class DeadLettersIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Connection connection;

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Channel channel;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void emptyQueues() throws Exception {
    connection = broker.connectionFactory().newConnection();
    channel = connection.createChannel();
    channel.queueDelete(Topology.JOBS_QUEUE);
    channel.queueDelete(Topology.REGISTRATIONS_QUEUE);
    channel.queueDelete(Topology.DEAD_LETTER_QUEUE);
  }

  @AfterEach
  void disconnect() {
    connection.abort();
  }

  @Test
  void withoutAQueueThereAreNone() {
    assertThat(dlq("list").out()).isEmpty();
    assertThat(dlq("list", "-o", "json").out()).isEqualTo("{\"deadLetters\":[]}\n");
    assertThat(dlq("list", "-o", "jsonl").out()).isEmpty();
    assertThat(dlq("show", "a").exitCode()).isEqualTo(10);
    assertThat(dlq("requeue", "a").exitCode()).isEqualTo(10);
    assertThat(dlq("requeue", "--all").exitCode()).isZero();
    assertThat(dlq("purge", "--all", "--yes").exitCode()).isZero();
  }

  @Test
  void listingShowsWhyAndLeavesAllInPlace() throws Exception {
    someLetters();
    CliRun run = dlq("list");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ").strip()))
        .containsExactly(
            "INDEX JOB TIME CODE REASON",
            "1 a 2026-11-21T01:00:00Z NO_SPACE disk full",
            "2 - 2026-11-21T01:00:00Z INVALID_MESSAGE NOT_JSON: broken",
            "3 b 2026-11-21T01:00:00Z STORE_REFUSED 403");
    assertThat(dlq("list", "-o", "name").out()).isEqualTo("a\nb\n");
    assertThat(dlq("list").out()).as("the second time").isEqualTo(run.out());
    assertThat(dlq("list", "--limit", "1").err()).contains("2 more");
  }

  @Test
  void showingTellsAll() throws Exception {
    someLetters();

    assertThat(dlq("show", "a").out())
        .contains("Job      a\n", "Code     NO_SPACE\n", "Message  {\"id\":\"a\"");
    assertThat(dlq("show", "--index", "2").out()).contains("Message  not {json?");
    JsonNode json = JsonMapper.shared().readTree(dlq("show", "b", "-o", "json").out());
    assertThat(json.at("/headers/piecework-reason").asString()).isEqualTo("403");
    assertThat(json.at("/message/destination/bucket").asString()).isEqualTo("data");
    assertThat(dlq("show", "none").exitCode()).isEqualTo(10);
  }

  @Test
  void requeueingIsANewSubmission() throws Exception {
    someLetters();
    declareJobs();
    CliRun run = dlq("requeue", "b", "-o", "name");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).isEqualTo("b\n");
    GetResponse job = Objects.requireNonNull(channel.basicGet(Topology.JOBS_QUEUE, true));
    assertThat(new String(job.getBody(), StandardCharsets.UTF_8)).isEqualTo(job("b"));
    assertThat(job.getProps().getMessageId()).isNotEmpty().isNotEqualTo("old-b");
    assertThat(job.getProps().getDeliveryMode()).isEqualTo(2);
    assertThat(job.getProps().getPriority()).isEqualTo(4);
    assertThat(dlq("list", "-o", "name").out()).isEqualTo("a\n");
  }

  @Test
  void whatIsNoJobIsNotRequeued() throws Exception {
    someLetters();
    declareJobs();
    CliRun run = dlq("requeue", "--all", "-o", "name");

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out()).isEqualTo("a\nb\n");
    assertThat(run.err()).contains("the dead letter at index 2 is no job, so it stays");
    assertCount(1);
  }

  @Test
  void whatNoQueueTakesStays() throws Exception {
    someLetters();
    channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
    CliRun run = dlq("requeue", "--code", "NO_SPACE");

    assertThat(run.exitCode()).isEqualTo(9);
    assertThat(run.out()).isEmpty();
    assertCount(3);
  }

  @Test
  void whatBreaksOffLosesNothing() throws Exception {
    someLetters();
    BrokerSettings settings =
        BrokerSettings.of(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), environment());
    try (DeadLetterQueue queue = new DeadLetterQueue(settings, InstantSource.system())) {
      assertThatThrownBy(() ->
              queue.visit(
                  3,
                  (letter, _) -> {
                    if (letter.index() == 3) {
                      throw new IllegalStateException("killed here");
                    }
                    return letter.index() == 1 ? Verdict.DELETE : Verdict.KEEP;
                  },
                  _ -> {}))
          .hasMessage("killed here");
    }
    assertCount(2);
    assertThat(dlq("list", "-o", "name").out()).isEqualTo("b\n");
  }

  /** Beyond what the client takes by itself, 64 MiB: it would close the connection. */
  @Test
  void aMessageThatIsTooLongToReadHidesNoOther() throws Exception {
    channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
    channel.confirmSelect();
    letter("a", job("a"), "NO_SPACE", "disk full");
    channel.basicPublish("", Topology.DEAD_LETTER_QUEUE, null, new byte[70 << 20]);
    letter("b", job("b"), "STORE_REFUSED", "403");
    channel.waitForConfirmsOrDie();
    declareJobs();

    CliRun list = dlq("list", "-o", "name");
    assertThat(list.exitCode()).as(list.err()).isZero();
    assertThat(list.out()).isEqualTo("a\nb\n");
    assertThat(list.err())
        .contains(
            "1 dead letters were not read, so no job is shown: longer than 16777216 bytes, at index"
                + " 2.");
    JsonNode json = JsonMapper.shared().readTree(dlq("list", "-o", "json").out());
    assertThat(json.at("/deadLetters/1/bytesNotRead").asLong()).isEqualTo(70 << 20);
    assertThat(dlq("list", "-o", "jsonl").out().lines()).hasSize(3);
    assertThat(dlq("show", "--index", "2").out()).contains("not read: it has 73400320 bytes");
    assertThat(dlq("requeue", "--index", "2").exitCode()).isEqualTo(3);
    assertCount(3);
    assertThat(dlq("purge", "--index", "2", "--yes").exitCode()).isZero();
    assertThat(dlq("list", "-o", "name").out()).isEqualTo("a\nb\n");
  }

  @Test
  void purgingAsksOrNeedsAYes() throws Exception {
    someLetters();

    assertThat(dlq("purge", "--all").exitCode()).isEqualTo(2);
    assertThat(dlq("purge", "--all").err()).contains("give --yes");
    assertCount(3);
    assertThat(dlq("purge", "--index", "2", "--yes").exitCode()).isZero();
    assertThat(dlq("list", "-o", "name").out()).isEqualTo("a\nb\n");
    CliRun all = dlq("purge", "--all", "-y", "-o", "name");
    assertThat(all.out()).isEqualTo("a\nb\n");
    assertCount(0);
    assertThat(dlq("purge").err()).contains("which dead letters?");
  }

  private void assertCount(int expected) {
    Await.until(
        expected + " dead letters",
        LIMIT,
        () -> channel.messageCount(Topology.DEAD_LETTER_QUEUE) == expected);
  }

  private void someLetters() throws Exception {
    channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
    channel.confirmSelect();
    letter("a", job("a"), "NO_SPACE", "disk full");
    letter("broken", "not {json\u001b", "INVALID_MESSAGE", "NOT_JSON: broken");
    letter("b", job("b"), "STORE_REFUSED", "403");
    channel.waitForConfirmsOrDie();
  }

  private void letter(String name, String body, String code, String reason) throws Exception {
    channel.basicPublish(
        "",
        Topology.DEAD_LETTER_QUEUE,
        new AMQP.BasicProperties.Builder()
            .messageId("old-" + name)
            .priority(4)
            .timestamp(Date.from(Instant.parse("2026-11-21T01:00:00Z")))
            .headers(Map.of("piecework-code", code, "piecework-reason", reason))
            .build(),
        body.getBytes(StandardCharsets.UTF_8));
  }

  private void declareJobs() throws Exception {
    channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
    channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
  }

  private static String job(String id) {
    return "{\"id\":\"%s\",\"source\":{\"url\":\"https://h/%s\"},\"destination\":{\"bucket\":\"data\"},\"later\":1}"
        .formatted(id, id);
  }

  private static CliRun dlq(String... arguments) {
    List<String> command = new ArrayList<>(List.of("dlq"));
    command.addAll(List.of(arguments));
    return CliRun.of(environment(), command.toArray(String[]::new));
  }

  private static Map<String, String> environment() {
    return BrokerEnvironment.of(broker);
  }
}
