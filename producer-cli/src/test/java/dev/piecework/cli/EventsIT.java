package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.cli.progress.Events;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.RabbitBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Following events through a real broker, on which no worker has ever been. */
class EventsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void theEventsOfAJobUntilItHasEnded() throws Exception {
    CliRun run = follow(Events.wholeJob("a"), "a", "--until-final");

    assertThat(run.exitCode()).as(run.err()).isZero();
    // No worker tells how the job stands.
    assertThat(run.err().lines())
        .allMatch(line -> line.startsWith("piecework: how the jobs stand is not known;"));
    assertThat(run.out().lines())
        .allMatch(line -> line.startsWith("2026-11-21T01:0"))
        .anyMatch(line -> line.matches(".*Z  a {27}started {8}on node-7"))
        .anyMatch(line -> line.contains("  completed      set: 2.00 MiB in"))
        .noneMatch(line -> line.contains("progress"))
        .doesNotHaveDuplicates();
  }

  @Test
  void aSubmissionThatNoWorkerTakesNoticeOfSaysSoAndGoesOnWaiting() {
    CliRun run =
        CliRun.of(
            BrokerEnvironment.of(broker),
            "submit",
            "https://example.org/unheard.torrent",
            "-b",
            "data",
            "--wait",
            "--quiet",
            "-o",
            "json",
            "--timeout",
            "11s");

    assertThat(run.exitCode()).as("the waiting ends with its timeout").isEqualTo(8);
    assertThat(run.err()).contains("no worker has taken notice of job", "start one");
    assertThat(run.out()).doesNotContain("no worker");
  }

  @Test
  void jsonLinesAreTheEventsAsTheyCame() throws Exception {
    List<JobEvent> events = Events.wholeJob("b");
    CliRun run = follow(events, "--type", "completed", "--count", "1", "-o", "jsonl");

    JobEvent completed =
        events.stream()
            .filter(event -> event.type() == EventType.COMPLETED)
            .findFirst()
            .orElseThrow();
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .isEqualTo(new String(JobEventCodec.encode(completed), StandardCharsets.UTF_8) + "\n");
  }

  @Test
  void aFailureCountsThoughItIsNotShown() throws Exception {
    JobEvent failed = Events.event("c", EventType.FAILED, 1, new Failed("NO_SPACE", "full\u001b"));
    CliRun run = follow(List.of(failed), "c", "--until-final", "-t", "started", "-o", "name");

    assertThat(run.exitCode()).isEqualTo(4);
    assertThat(run.out()).isEmpty();
    assertThat(follow(List.of(failed), "--count", "1").out())
        .endsWith("  failed         NO_SPACE: full?\n");
  }

  @Test
  void theTimeGivenIsKept() {
    CliRun run = events("nobody", "--until-final", "--timeout", "1s");

    assertThat(run.exitCode()).isEqualTo(8);
    assertThat(events("--timeout", "1s").exitCode()).as("an end that was asked for").isZero();
  }

  @Test
  void nothingIsLeftOnTheBroker() throws Exception {
    follow(Events.wholeJob("d"), "--count", "1");

    try (Connection connection = broker.connectionFactory().newConnection();
        Channel channel = connection.createChannel()) {
      // Mandatory: a queue that was left behind would take it.
      var returned = new CompletableFuture<Boolean>();
      channel.addReturnListener(_ -> returned.complete(true));
      Await.until(
          "the queue to be gone",
          LIMIT,
          () -> {
            channel.basicPublish("piecework.events", "job.completed.d", true, null, new byte[0]);
            return returned.isDone();
          });
    }
  }

  /** Runs the command while events come again and again, until it has ended. */
  private static CliRun follow(List<JobEvent> events, String... arguments) throws Exception {
    try (Connection connection = broker.connectionFactory().newConnection();
        Channel channel = connection.createChannel()) {
      channel.exchangeDeclare("piecework.events", "topic", true);
      CompletableFuture<CliRun> run = CompletableFuture.supplyAsync(() -> events(arguments));
      Await.until(
          "the command to end",
          LIMIT,
          () -> {
            for (JobEvent event : events) {
              FakeWorker.publish(channel, event);
            }
            return run.isDone();
          });
      return run.join();
    }
  }

  private static CliRun events(String... arguments) {
    List<String> command = new ArrayList<>(List.of("events"));
    command.addAll(List.of(arguments));
    return CliRun.of(BrokerEnvironment.of(broker), command.toArray(String[]::new));
  }
}
