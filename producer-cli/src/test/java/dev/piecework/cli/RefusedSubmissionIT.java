package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import dev.piecework.cli.progress.Events;
import dev.piecework.message.EventData.Refused;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.testkit.RabbitBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Waiting for a job whose id is another's. */
class RefusedSubmissionIT {
  private static final String SOURCE = "https://example.org/set.torrent";

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @SuppressWarnings("NullAway.Init") // opened before all tests
  private static Connection connection;

  @BeforeAll
  static void startBroker() throws Exception {
    broker = RabbitBroker.start();
    connection = broker.connectionFactory().newConnection();
  }

  @AfterAll
  static void stopBroker() {
    connection.abort();
    broker.close();
  }

  private static CliRun submit(String... arguments) {
    List<String> command = new ArrayList<>(List.of("submit"));
    command.addAll(List.of(arguments));
    return CliRun.of(
        Map.of(
            "PIECEWORK_BROKER_URI",
                "amqp://%s:%d/%s"
                    .formatted(
                        broker.host(),
                        broker.port(),
                        broker.virtualHost().equals("/") ? "%2f" : broker.virtualHost()),
            "PIECEWORK_BROKER_USERNAME", broker.user(),
            "PIECEWORK_BROKER_PASSWORD", broker.password()),
        command.toArray(String[]::new));
  }

  private static JobEvent refused(JobMessage job, String submission, long second) {
    return Events.event(
        job.id(),
        EventType.REFUSED,
        second,
        new Refused(submission, "ID_TAKEN", "destination is s3://a/b, submitted s3://data/"));
  }

  @Test
  void anIdThatIsAnotherJobsIsRefusedWithItsOwnExitCodeAndWhatDiffers() throws Exception {
    try (FakeWorker _ =
        new FakeWorker(
            received -> List.of(refused(received.job(), received.properties().getMessageId(), 1)),
            connection)) {
      CliRun run = submit(SOURCE, "-b", "data", "--id", "mine", "--wait");

      assertThat(run.exitCode()).as(run.err()).isEqualTo(16);
      assertThat(run.out())
          .isEqualTo("mine  refused  ID_TAKEN: destination is s3://a/b, submitted s3://data/\n");
    }
  }

  @Test
  void thatSomebodyElsesSubmissionIsRefusedDoesNotEndTheWait() throws Exception {
    try (FakeWorker _ =
        new FakeWorker(
            connection,
            job -> List.of(refused(job, "somebody else's", 1), Events.completed(job.id(), 1)))) {
      CliRun run = submit(SOURCE, "-b", "data", "--id", "mine", "--wait");

      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.err()).doesNotContain("ID_TAKEN");
    }
  }
}
