package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.ControlRequest.OfJob;
import dev.piecework.message.Destination;
import dev.piecework.message.JobStatus;
import dev.piecework.message.JobTransition;
import dev.piecework.message.Topology;
import dev.piecework.testkit.RabbitBroker;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Questions and orders through a real broker, answered by a played worker. */
class ControlCommandsIT {
  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @SuppressWarnings("NullAway.Init") // opened before each test
  private Connection connection;

  private final List<ControlRequest> requests = new CopyOnWriteArrayList<>();

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
      channel.queueDelete(Topology.REQUESTS_QUEUE);
      channel.exchangeDelete(Topology.CONTROL_EXCHANGE);
      channel.exchangeDelete(Topology.QUESTIONS_EXCHANGE);
    }
  }

  @AfterEach
  void disconnect() {
    connection.abort();
  }

  @Test
  void watchingOneJobEndsWithIt() throws Exception {
    answering(request -> {
      boolean first = requests.size() == 1;
      return Optional.of(
          new ControlReply.Details(job("a", first ? "running" : "completed"), List.of()));
    });
    CliRun run = run("watch", "a");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("Z  a  running"),
            line -> assertThat(line).contains("Z  a  completed"));
  }

  @Test
  void aWatchedJobThatFailsIsAFailure() throws Exception {
    answering(_ -> Optional.of(new ControlReply.Details(job("a", "failed"), List.of())));

    assertThat(run("watch", "a", "-o", "name").exitCode()).isEqualTo(4);
  }

  @Test
  void eventsUntilFinalEndAtOnceWhereTheJobsHaveEnded() throws Exception {
    answering(request -> {
      String id = ((ControlRequest.GetJob) request).job();
      return Optional.of(
          new ControlReply.Details(job(id, id.equals("a") ? "completed" : "seeding"), List.of()));
    });
    CliRun run = run("events", "a", "b", "--until-final");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .isEqualTo("piecework: a is completed already\npiecework: b is seeding already\n");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void eventsUntilFinalTellAFailureOfLongAgo() throws Exception {
    answering(_ -> Optional.of(new ControlReply.Details(job("a", "failed"), List.of())));

    assertThat(run("events", "a", "--until-final", "-o", "name").exitCode()).isEqualTo(4);
  }

  @Test
  void eventsUntilFinalWaitForWhatIsNotKnownYet() throws Exception {
    answering(_ -> Optional.of(new ControlReply.Refused(Code.NOT_FOUND, "no job a")));

    CliRun run = run("events", "a", "--until-final", "--timeout", "2s");

    assertThat(run.exitCode()).isEqualTo(8);
    assertThat(run.err()).isEmpty();
  }

  @Test
  void aJobThatIsNotThereCannotBeWatched() throws Exception {
    answering(_ -> Optional.of(new ControlReply.Refused(Code.NOT_FOUND, "no job a")));
    CliRun run = run("watch", "a");

    assertThat(run.exitCode()).isEqualTo(10);
    assertThat(run.err()).isEqualTo("piecework: no job a\n");
  }

  @Test
  void watchingAllShowsThoseThatEndMeanwhile() throws Exception {
    answering(request ->
        Optional.of(
            switch (request) {
              case ListJobs list when list.states().contains("queued") ->
                  new ControlReply.Page(List.of(job("q", "queued")), false);
              case ListJobs _ when requests.size() <= 2 ->
                  new ControlReply.Page(List.of(job("r", "running")), false);
              case ListJobs _ -> new ControlReply.Page(List.of(), false);
              case ControlRequest other ->
                  new ControlReply.Details(job(((OfJob) other).job(), "completed"), List.of());
            }));
    CliRun run = run("watch", "--timeout", "4s");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines().map(line -> line.replaceFirst("^.*?Z  ", "").split(",")[0]))
        .anyMatch(line -> line.startsWith("r  running"))
        .anyMatch(line -> line.startsWith("q  queued"))
        .anyMatch(line -> line.startsWith("r  completed"));
  }

  private void answering(Function<ControlRequest, Optional<ControlReply>> answers)
      throws IOException {
    FakeFleet.answering(
        connection,
        request -> {
          requests.add(request);
          return answers.apply(request);
        });
  }

  private static CliRun run(String... arguments) {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    Map<String, String> environment = new HashMap<>();
    environment.put(
        "PIECEWORK_BROKER_URI", "amqp://%s:%d%s".formatted(broker.host(), broker.port(), path));
    environment.put("PIECEWORK_BROKER_USERNAME", broker.user());
    environment.put("PIECEWORK_BROKER_PASSWORD", broker.password());
    return CliRun.of(environment, arguments);
  }

  static JobStatus job(String id, String state) {
    return job(id, state, "");
  }

  private static JobStatus job(String id, String state, String reason) {
    return new JobStatus(
        id,
        state,
        "",
        reason,
        1,
        3,
        state.equals("running") ? "w1" : "",
        "set\u001b[31m",
        "117e3a6665e8ff1b157e5ec37823578adb8a712b",
        "inline",
        "me",
        new Destination("data", "sets/"),
        1000,
        500,
        10,
        5,
        Instant.parse("2026-11-21T04:01:00.123456Z"),
        Instant.parse("2026-11-21T04:05:00Z"),
        Optional.empty(),
        Optional.empty(),
        0,
        Map.of("team", "climate"));
  }

  private static Optional<ControlReply> done(ControlRequest request, String state) {
    return Optional.of(new ControlReply.Ordered(job(((OfJob) request).job(), state), true));
  }

  @Test
  void ordersGoToAllJobsNamedEachOnce() throws Exception {
    answering(request -> done(request, "cancelled"));

    CliRun run = run("cancel", "a", "b", "a", "--delete-objects", "--reason", "wrong year");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).isEqualTo("a  cancelled\nb  cancelled\n");
    assertThat(run.err()).isEmpty();
    assertThat(requests)
        .containsExactlyInAnyOrder(
            new ControlRequest.Cancel("a", true, "wrong year"),
            new ControlRequest.Cancel("b", true, "wrong year"));
  }

  @Test
  void everyOrderIsAskedForByItsName() throws Exception {
    answering(request -> done(request, "queued"));
    for (String order : List.of("pause", "resume", "retry", "cancel")) {
      assertThat(run(order, "a").exitCode()).isZero();
    }
    assertThat(requests)
        .containsExactly(
            new ControlRequest.Pause("a", ""),
            new ControlRequest.Resume("a"),
            new ControlRequest.Retry("a"),
            new ControlRequest.Cancel("a", false, ""));
  }

  @Test
  void aPriorityComesAfterTheJobs() throws Exception {
    answering(request -> done(request, "queued"));

    assertThat(run("priority", "a", "b", "9").exitCode()).isZero();

    assertThat(requests)
        .containsExactlyInAnyOrder(
            new ControlRequest.Prioritize("a", 9), new ControlRequest.Prioritize("b", 9));
  }

  @ParameterizedTest
  @CsvSource({"a 10", "a -1", "a high", "a b", "9"})
  void aPriorityThatIsNoneIsRefusedBeforeAnythingIsAsked(String arguments) throws Exception {
    answering(request -> done(request, "queued"));

    CliRun run = run(("priority " + arguments).split(" "));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(requests).isEmpty();
  }

  @Test
  void whatACancelledJobLeavesInTheStoreIsSaidAndHasItsExitCode() throws Exception {
    String left = JobStatus.LEFT_IN_STORE + "1 object or upload: sets/a.bin (403 AccessDenied)";
    answering(request ->
        Optional.of(
            new ControlReply.Ordered(
                job(
                    ((OfJob) request).job(),
                    "cancelled",
                    ((OfJob) request).job().equals("b") ? left : ""),
                true)));

    CliRun run = run("cancel", "a", "b", "--delete-objects");

    assertThat(run.exitCode()).isEqualTo(6);
    assertThat(run.out()).isEqualTo("a  cancelled\nb  cancelled\n");
    assertThat(run.err()).isEqualTo("piecework: b: " + left + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, 10",
    "CONFLICT, 15",
    "INVALID, 2",
    "UNSUPPORTED, 2",
    "UNAVAILABLE, 7",
    "OTHER, 1"
  })
  void aRefusalIsToldAndHasItsExitCode(Code code, int exitCode) throws Exception {
    answering(request -> Optional.of(new ControlReply.Refused(code, "job a is a fish")));

    CliRun run = run("pause", "a");

    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).isEqualTo("piecework: job a is a fish\n");
  }

  @Test
  void ofSeveralTheFirstThatCouldNotBeDoneDecides() throws Exception {
    answering(request ->
        switch (((OfJob) request).job()) {
          case "a" -> done(request, "paused");
          case "b" -> Optional.of(new ControlReply.Refused(Code.CONFLICT, "b no"));
          default -> Optional.of(new ControlReply.Refused(Code.NOT_FOUND, "c no"));
        });

    CliRun run = run("pause", "a", "b", "c", "-o", "name");

    assertThat(run.exitCode()).isEqualTo(15);
    assertThat(run.out()).isEqualTo("a\n");
    assertThat(run.err()).isEqualTo("piecework: b no\npiecework: c no\n");
  }

  @Test
  void anOrderThatIsNotYetInEffectIsNotCalledDone() throws Exception {
    answering(request ->
        Optional.of(new ControlReply.Ordered(job(((OfJob) request).job(), "running"), false)));

    CliRun run = run("pause", "a", "-o", "json");

    assertThat(run.exitCode()).isEqualTo(8);
    JsonNode printed = new JsonMapper().readTree(run.out()).path("jobs").path(0);
    assertThat(printed.path("inEffect").asBoolean(true)).isFalse();
    assertThat(run.err()).contains("a: ordered, but not in effect yet: it is running at w1");
  }

  @Test
  void aFleetThatDoesNotAnswerIsNotTakenForDone() throws Exception {
    answering(_ -> Optional.empty());

    CliRun run = run("pause", "a", "--timeout", "1s");

    assertThat(run.exitCode()).isEqualTo(14);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("piecework: a: no worker answered within 1 s at");
  }

  @Test
  void aBrokerThatNoWorkerHasEverSeenIsSaidToBeThat() {
    CliRun run = run("list");

    assertThat(run.exitCode()).isEqualTo(9);
    assertThat(run.err()).contains("no worker (of this version) has ever been there");
  }

  @Test
  void aQueueThatIsGoneIsSaidToo() throws Exception {
    try (Channel channel = connection.createChannel()) {
      channel.exchangeDeclare(Topology.CONTROL_EXCHANGE, "topic", true);
      channel.exchangeDeclare(Topology.QUESTIONS_EXCHANGE, "direct", true);
    }
    assertThat(run("get", "a").exitCode()).isEqualTo(9);
  }

  @Test
  void aListIsAskedForPageByPage() throws Exception {
    List<JobStatus> all = new ArrayList<>();
    IntStream.range(0, 1200).forEach(i -> all.add(job("j%04d".formatted(i), "queued")));
    answering(request -> {
      ListJobs list = (ListJobs) request;
      int from = list.after().map(id -> Integer.parseInt(id.substring(1)) + 1).orElse(0);
      int to = Math.min(all.size(), from + list.limit());
      return Optional.of(new ControlReply.Page(all.subList(from, to), to < all.size()));
    });

    CliRun run = run("list", "--state", "Queued,running", "-l", "team=climate", "-o", "name");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines()).hasSize(1200).doesNotHaveDuplicates();
    assertThat(requests).hasSize(3);
    assertThat(requests.getFirst())
        .isEqualTo(
            new ListJobs(
                List.of("queued", "running"), Map.of("team", "climate"), 500, Optional.empty()));
    assertThat(run("list", "--limit", "7", "-o", "jsonl").out().lines()).hasSize(7);
  }

  @Test
  void anEmptyListIsAnEmptyList() throws Exception {
    answering(_ -> Optional.of(new ControlReply.Page(List.of(), false)));

    assertThat(run("list")).isEqualTo(new CliRun(0, "", ""));
    assertThat(run("list", "-o", "name").out()).isEmpty();
    assertThat(run("list", "-o", "jsonl").out()).isEmpty();
    assertThat(run("list", "-o", "json").out()).isEqualTo("{\"jobs\":[]}\n");
  }

  @Test
  void aTableShowsNoEscapeSequenceOfATorrent() throws Exception {
    answering(_ ->
        Optional.of(
            new ControlReply.Page(List.of(job("a", "running"), job("b", "paused")), false)));

    List<String> lines = run("list").out().lines().toList();

    assertThat(lines.getFirst()).matches("JOB +STATE +DONE +SIZE +TRIES +PRIO +AGE +WORKER +NAME");
    assertThat(lines.get(1)).matches("a +running +50% +0.98 KiB +1 +0 +\\S+ +w1 +set\\?\\[31m");
    assertThat(lines.get(2)).matches("b +paused +50% +0.98 KiB +1 +0 +\\S+ +- +set\\?\\[31m");
  }

  @Test
  void aJobIsShownWithItsHistory() throws Exception {
    answering(_ ->
        Optional.of(
            new ControlReply.Details(
                job("a", "paused"),
                List.of(
                    new JobTransition(
                        Instant.parse("2026-11-21T04:05:00.5Z"),
                        "running",
                        "paused",
                        "by order: backup",
                        1,
                        3,
                        "w1",
                        "ops")))));

    CliRun run = run("get", "a");

    assertThat(run.out())
        .contains("state      paused\n", "to         s3://data/sets/\n", "5 of 10 pieces verified")
        .contains("label      team=climate\n")
        .containsPattern("2026-11-21T04:05:00Z +running +paused +1 +3 +w1 +ops +by order: backup\n")
        .contains("author     me\n");
    JsonNode json = new JsonMapper().readTree(run("get", "a", "-o", "jsonl").out());
    assertThat(json.path("transitions").path(0).path("to").asString("")).isEqualTo("paused");
  }
}
