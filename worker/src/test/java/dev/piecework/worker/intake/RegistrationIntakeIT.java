package dev.piecework.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.worker.TestBroker;
import dev.piecework.worker.TestDatabase;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.job.FairShares;
import dev.piecework.worker.job.JobStatuses;
import dev.piecework.worker.job.Registrations;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.outbox.OutboxRelay;
import dev.piecework.worker.settings.BrokerSettings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Registrations over a real broker. */
class RegistrationIntakeIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final TestBroker broker = start();
  private final TestDatabase database = TestDatabase.h2();
  private final JdbcClient jdbc = database.jdbc();
  private final Outbox outbox = new Outbox(jdbc);
  private final Publisher publisher =
      new Publisher(
          new BrokerSettings(URI.create("amqp://127.0.0.1"), "guest", "guest", "", "", false),
          "unused",
          LIMIT);
  private final RegistrationIntake intake =
      new RegistrationIntake(
          new Registrations(jdbc, database.transactions(), outbox, "w", FairShares.NONE),
          new OutboxPump(new OutboxRelay(outbox, database.transactions(), publisher), outbox),
          Duration.ZERO,
          false,
          new IntakeGate());

  private static TestBroker start() {
    try {
      return TestBroker.start();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() throws Exception {
    intake.close();
    publisher.close();
    database.close();
    broker.close();
  }

  private void submit(String job) throws Exception {
    broker.submit(
        new JobMessage(
            1,
            job,
            JobSource.Inline.of(new byte[] {1}),
            new Destination("bucket", ""),
            JobOptions.none()));
  }

  private boolean known(String job) {
    return new JobStatuses(jdbc).find(job).isPresent();
  }

  private long waiting(Connection connection) throws Exception {
    try (Channel channel = connection.createChannel()) {
      return channel.messageCount(Topology.REGISTRATIONS_QUEUE);
    }
  }

  @Test
  void whatIsNoJobIsPassedOver() throws Exception {
    try (Connection connection = broker.connect()) {
      broker.send("{}".getBytes(StandardCharsets.UTF_8), "m1");
      submit("job");
      Channel channel = intake.consume(connection);
      Awaitility.await().atMost(LIMIT).until(() -> known("job"));
      channel.close();
      Awaitility.await().atMost(LIMIT).until(() -> waiting(connection) == 0);
    }
    assertThat(broker.ready()).as("the messages themselves are left to the workers").isEqualTo(2);
  }

  @Test
  void aRegistrationWaitsForADatabaseThatIsAway() throws Exception {
    jdbc.sql("ALTER TABLE piecework_job RENAME TO away").update();
    try (Connection connection = broker.connect()) {
      submit("job");
      Channel channel = intake.consume(connection);
      Awaitility.await().atMost(LIMIT).until(() -> waiting(connection) == 0);
      assertThat(channel.isOpen()).isTrue();
      jdbc.sql("ALTER TABLE away RENAME TO piecework_job").update();
      Awaitility.await().atMost(LIMIT).until(() -> known("job"));
    }
  }

  @Test
  void whatIsInHandWhenTheWorkerEndsIsDeliveredAgain() throws Exception {
    try (Connection connection = broker.connect()) {
      submit("job");
      intake.close();
      Channel channel = intake.consume(connection);
      Awaitility.await().atMost(LIMIT).until(() -> waiting(connection) == 0);
      channel.close();
      Awaitility.await().atMost(LIMIT).until(() -> waiting(connection) == 1);
    }
    assertThat(known("job")).isFalse();
  }
}
