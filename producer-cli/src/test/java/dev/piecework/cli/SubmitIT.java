package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.cli.progress.Events;
import dev.piecework.message.EventData.Cancelled;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RabbitBroker;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Submitting through a real broker. */
class SubmitIT {
  private static final String SOURCE = "https://example.org/set.torrent";
  private static final Duration LIMIT = Duration.ofSeconds(60);

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
      channel.queueDelete(Topology.JOBS_QUEUE);
      channel.queueDelete(Topology.REGISTRATIONS_QUEUE);
      channel.exchangeDelete(Topology.JOBS_EXCHANGE);
      channel.exchangeDelete(Topology.EVENTS_EXCHANGE);
      channel.exchangeDelete(Topology.DEAD_LETTER_EXCHANGE);
    }
  }

  @AfterEach
  void disconnect() {
    connection.abort();
  }

  @Test
  void theFirstSubmissionEverFindsAQueueForTheFirstWorkerEver() throws Exception {
    CliRun run = submit(SOURCE, "-b", "data", "--priority", "7", "--label", "team=climate");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    try (FakeWorker worker = worker(_ -> List.of())) {
      FakeWorker.Received received = take(worker);
      assertThat(run.out()).isEqualTo(received.job().id() + "  submitted  " + SOURCE + "\n");
      assertThat(received.job().options().labels()).isEqualTo(Map.of("team", "climate"));
      assertThat(received.properties().getContentType()).isEqualTo("application/json");
      assertThat(received.properties().getDeliveryMode()).isEqualTo(2);
      assertThat(received.properties().getPriority()).isEqualTo(7);
    }
  }

  @Test
  void submittingTwiceIsOneJobButTwoSubmissions() throws Exception {
    try (FakeWorker worker = worker(_ -> List.of())) {
      assertThat(submit(SOURCE, "-b", "data").exitCode()).isZero();
      assertThat(submit(SOURCE, "-b", "data").exitCode()).isZero();

      FakeWorker.Received first = take(worker);
      FakeWorker.Received second = take(worker);
      assertThat(second.job()).isEqualTo(first.job());
      assertThat(second.properties().getMessageId())
          .isNotEmpty()
          .isNotEqualTo(first.properties().getMessageId());
    }
  }

  @Test
  void waitingShowsProgressAndEndsWithTheJob() throws Exception {
    try (FakeWorker _ = worker(job -> Events.wholeJob(job.id()))) {
      CliRun run = submit(SOURCE, "-b", "data", "--wait");

      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.err().lines()).element(0).asString().matches("submitted job [a-z2-7]{26}");
      assertThat(run.err().lines().skip(1))
          .containsExactly(
              "accepted", "started on node-7", "set: 900 MiB in 2 files, 1000 pieces of 1.00 MiB");
      assertThat(run.out()).contains("1.00 MiB  yZRlqg==  sets/set/f1", "bucket data, manifest");
    }
  }

  @Test
  void jsonIsAllThatStandardOutputGets() throws Exception {
    try (FakeWorker _ = worker(job -> Events.wholeJob(job.id()))) {
      CliRun run = submit(SOURCE, "-b", "data", "--wait", "-o", "json", "--quiet");
      JsonNode json = JsonMapper.shared().readTree(run.out());

      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.err()).isEmpty();
      assertThat(run.out().lines()).hasSize(1);
      assertThat(json.at("/jobs/0/files/1/crc32c").asString()).isEqualTo("yZRlqg==");
      assertThat(json.at("/jobs/0/files/1/etag").asString()).isEqualTo("e1");
    }
  }

  @Test
  void aJobThatIsCompleteAlreadyEndsTheWaitAtOnce() throws Exception {
    try (FakeWorker _ = worker(job -> List.of(Events.completed(job.id(), 1)))) {
      assertThat(submit(SOURCE, "-b", "data", "--wait").exitCode()).isZero();
    }
  }

  @Test
  void severalJobsEndTogetherAndOneFailureCounts() throws Exception {
    try (FakeWorker _ =
        worker(job ->
            job.source() instanceof JobSource.Url url && url.url().toString().endsWith("bad")
                ? List.of(failed(job))
                : Events.wholeJob(job.id()))) {
      CliRun run =
          submit(
              "https://h/1", "https://h/bad", "https://h/2", "-b", "data", "--wait", "-o", "json");
      JsonNode json = JsonMapper.shared().readTree(run.out());

      assertThat(run.exitCode()).isEqualTo(4);
      assertThat(json.at("/jobs")).hasSize(3);
      assertThat(json.at("/jobs/0/state").asString()).isEqualTo("completed");
      assertThat(json.at("/jobs/1/code").asString()).isEqualTo("SOURCE_REFUSED");
      assertThat(json.at("/jobs/2/state").asString()).isEqualTo("completed");
      assertThat(run.err()).contains(" failed: SOURCE_REFUSED: 404 Not Found");
    }
  }

  @Test
  void aFailedJobSaysWhy() throws Exception {
    try (FakeWorker _ = worker(job -> List.of(failed(job)))) {
      CliRun run = submit(SOURCE, "-b", "data", "--wait");

      assertThat(run.exitCode()).isEqualTo(4);
      assertThat(run.out()).contains("  failed  SOURCE_REFUSED: 404 Not Found");
    }
  }

  @Test
  void aCancelledJobIsNoSuccess() throws Exception {
    try (FakeWorker _ =
        worker(
            job -> List.of(Events.event(job.id(), EventType.CANCELLED, 1, new Cancelled(true))))) {
      CliRun run = submit(SOURCE, "-b", "data", "--wait");

      assertThat(run.exitCode()).isEqualTo(4);
      assertThat(run.out()).endsWith("  cancelled\n");
    }
  }

  @Test
  void theTimeGivenIsKept() {
    CliRun run = submit(SOURCE, "-b", "data", "--wait", "--timeout", "1s");

    assertThat(run.exitCode()).isEqualTo(8);
    assertThat(run.err()).contains("piecework: a job has not ended in the time given");
    assertThat(run.out()).contains("  unfinished  " + SOURCE);
  }

  @Test
  void whatIsNoEventIsPassedOver() throws Exception {
    try (FakeWorker _ =
        worker(job -> {
          try (Channel channel = connection.createChannel()) {
            channel.basicPublish(
                Topology.EVENTS_EXCHANGE, "job.teleported." + job.id(), null, new byte[] {'?'});
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          return Events.wholeJob(job.id());
        })) {
      assertThat(submit(SOURCE, "-b", "data", "--wait").exitCode()).isZero();
    }
  }

  @Test
  void aMessageThatFitsNoQueueIsNotCalledSubmitted() throws Exception {
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
      channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
      channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Map.of());
    }
    CliRun run = submit(SOURCE, "-b", "data");

    assertThat(run.exitCode()).isEqualTo(9);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("no queue takes jobs: exchange piecework.jobs");
  }

  @Test
  void aQueueThatIsThereIsTakenAsItIs() throws Exception {
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
      channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
      channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Map.of());
      channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);

      assertThat(submit(SOURCE, "-b", "data").exitCode()).isZero();
    }
  }

  @Test
  void anExchangeOfAnotherKindIsExplained() throws Exception {
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "fanout", true);
    }
    CliRun run = submit(SOURCE, "-b", "data");

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.err())
        .contains("other properties (PRECONDITION_FAILED", "use another virtual host");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void aWrongPasswordIsNamedAndNotRepeated() {
    Map<String, String> environment = environment();
    environment.put("PIECEWORK_BROKER_PASSWORD", "wrong-secret");
    CliRun run = CliRun.of(environment, "submit", SOURCE, "-b", "data");

    assertThat(run.exitCode()).isEqualTo(13);
    assertThat(run.err())
        .contains("refuses user \"" + broker.user() + "\"", "PIECEWORK_BROKER_PASSWORD")
        .doesNotContain("wrong-secret");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void aVirtualHostThatIsNotThereIsNamed() {
    CliRun run =
        CliRun.of(
            environment(),
            "submit",
            SOURCE,
            "-b",
            "data",
            "--broker",
            "amqp://" + broker.host() + ":" + broker.port() + "/nowhere");

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.err()).contains("has no virtual host \"nowhere\"");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void aBrokerLostWhileWaitingIsNamed() throws Exception {
    try (FaultProxy proxy = FaultProxy.tcp(broker.address());
        FakeWorker _ =
            worker(job -> {
              proxy.cut();
              return List.of();
            })) {
      Map<String, String> environment = environment();
      environment.put("PIECEWORK_BROKER_URI", uri(proxy.address().getPort()));
      CliRun run =
          CliRun.of(environment, "submit", SOURCE, "-b", "data", "--wait", "--reconnect", "0s");

      assertThat(run.exitCode()).isEqualTo(5);
      assertThat(run.err()).contains("lost the broker", "run the same command again");
    }
  }

  @Test
  void aLostConnectionCostsNoEvent() throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    try (FaultProxy proxy = FaultProxy.tcp(broker.address());
        FakeWorker _ =
            worker(job -> {
              // The job ends while nobody is connected: perhaps before the broker could confirm it.
              if (first.getAndSet(false)) {
                proxy.cut();
              }
              return List.of(Events.completed(job.id(), 1));
            })) {
      Map<String, String> environment = environment();
      environment.put("PIECEWORK_BROKER_URI", uri(proxy.address().getPort()));
      CliRun run = CliRun.of(environment, "submit", SOURCE, "-b", "data", "--wait");

      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.err())
          .contains("lost the broker", "the broker is back, with all that has happened");
      assertThat(run.out()).contains("manifest sets/");
    }
  }

  @Test
  void thousandsOfLinesAreOneSubmission() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      lines.append("{\"source\":{\"url\":\"https://h/%d.torrent\"}}\n".formatted(i));
    }
    CliRun run =
        CliRun.fed(
            lines.toString(), environment(), "submit", "-f", "-", "-b", "data", "-o", "name");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines()).hasSize(3000).doesNotHaveDuplicates();
    try (Channel channel = connection.createChannel()) {
      Await.until(
          "3000 messages on the queue",
          LIMIT,
          () -> channel.messageCount(Topology.JOBS_QUEUE) == 3000);
    }
  }

  @Test
  void oneBadLineKeepsAllFromBeingSent() throws Exception {
    assertThat(submit(SOURCE, "-b", "data").exitCode()).isZero();
    String lines =
        "{\"source\":{\"url\":\"https://h/1\"}}\n\n{\"source\":{\"ulr\":\"https://h/2\"}}\n";
    CliRun run = CliRun.fed(lines, environment(), "submit", "-f", "-", "-b", "data");

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .containsExactly(
            "piecework: standard input:3: $.source: names no source; expected an object with one of"
                + " inline, url, s3 and magnet",
            "piecework: standard input has a bad line; nothing was sent");
    try (Channel channel = connection.createChannel()) {
      assertThat(channel.messageCount(Topology.JOBS_QUEUE)).isEqualTo(1);
    }
  }

  @Test
  void theJarSubmitsWaitsAndLeavesInPeace() throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("-jar", jar().toString(), "submit", SOURCE, "-b", "data", "--wait"));
    try (FakeWorker worker = worker(_ -> List.of());
        ManagedProcess process =
            Processes.java(command).name("submit").environment(environment()).start()) {
      take(worker);
      process.awaitOutput("submitted job ", LIMIT);
      process.interrupt();

      assertThat(process.awaitExit(LIMIT)).isEqualTo(130);
      assertThat(process.stderr())
          .contains("submitted job ", "stopped waiting; the job goes on")
          .doesNotContain("Exception");
      assertThat(process.stdout()).isEmpty();
    }
  }

  @Test
  void theJarPrintsWhatTheCommandDoes() throws Exception {
    try (FakeWorker _ = worker(job -> Events.wholeJob(job.id()))) {
      Processes.Outcome outcome =
          Processes.java(
                  List.of(
                      "-jar",
                      jar().toString(),
                      "submit",
                      SOURCE,
                      "-b",
                      "data",
                      "--wait",
                      "-o",
                      "json"))
              .environment(environment())
              .run(LIMIT);

      assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
      assertThat(JsonMapper.shared().readTree(outcome.stdout()).at("/jobs/0/files")).hasSize(2);
      assertThat(outcome.stderr()).contains("started on node-7").doesNotContain("\u001b");
    }
  }

  private FakeWorker worker(Function<JobMessage, List<JobEvent>> answer) throws Exception {
    return new FakeWorker(connection, answer);
  }

  private static FakeWorker.Received take(FakeWorker worker) throws InterruptedException {
    FakeWorker.Received received = worker.received().poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(received).as("a job on the queue").isNotNull();
    return java.util.Objects.requireNonNull(received);
  }

  private static JobEvent failed(JobMessage job) {
    return Events.event(
        job.id(), EventType.FAILED, 1, new Failed("SOURCE_REFUSED", "404 Not Found"));
  }

  private static CliRun submit(String... arguments) {
    List<String> command = new ArrayList<>(List.of("submit"));
    command.addAll(List.of(arguments));
    return CliRun.of(environment(), command.toArray(String[]::new));
  }

  private static Map<String, String> environment() {
    return new HashMap<>(
        Map.of(
            "PIECEWORK_BROKER_URI", uri(broker.port()),
            "PIECEWORK_BROKER_USERNAME", broker.user(),
            "PIECEWORK_BROKER_PASSWORD", broker.password()));
  }

  private static String uri(int port) {
    return URI.create("amqp://" + broker.host() + ":" + port)
        + "/"
        + (broker.virtualHost().equals("/") ? "%2f" : broker.virtualHost());
  }

  private static Path jar() {
    Path jar = Path.of("target", "producer-cli.jar");
    assertThat(Files.exists(jar))
        .as("%s, which the package phase makes: run \"mvnw verify\"", jar)
        .isTrue();
    return jar;
  }
}
