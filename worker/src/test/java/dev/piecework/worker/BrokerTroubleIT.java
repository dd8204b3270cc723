package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.RabbitBroker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that changes its mind, or was set up by somebody else. */
class BrokerTroubleIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static JobMessage job(String id) {
    return new JobMessage(
        1, id, JobSource.Inline.of(new byte[] {1}), new Destination("data", ""), JobOptions.none());
  }

  private static Map<String, Object> properties(TestBroker broker, TestDatabase database) {
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.putAll(database.properties());
    properties.put("test.swarm", new StubSwarm());
    properties.put("test.scratch-id", "w");
    properties.put("piecework.http.port", 0);
    return properties;
  }

  private static StatusClient.Answer readiness(WorkerApplication worker) throws Exception {
    return StatusClient.ask(worker, "/health/ready");
  }

  @Test
  void aRotatedPasswordIsReadAgainAndReadinessSaysWhatIsWrong(@TempDir Path folder)
      throws Exception {
    String user = "piecework-" + UUID.randomUUID();
    Path secret = Files.writeString(folder.resolve("password"), "old\n");
    try (RabbitBroker rabbit = RabbitBroker.start();
        TestDatabase database = TestDatabase.h2()) {
      rabbit.addUser(user, "old");
      TestBroker broker = TestBroker.of(rabbit);
      Map<String, Object> properties = properties(broker, database);
      properties.put("piecework.broker.username", user);
      properties.remove("piecework.broker.password");
      properties.put("piecework.broker.password-file", secret.toString());
      try (WorkerApplication worker = WorkerApplication.start(properties, StubSwarm.Side.class)) {
        assertThat(worker.ready()).isTrue();
        rabbit.changePassword(user, "new");
        rabbit.closeConnections();
        Awaitility.await()
            .atMost(LIMIT)
            .untilAsserted(() -> {
              StatusClient.Answer answer = readiness(worker);
              assertThat(answer.status()).isEqualTo(503);
              assertThat(answer.text()).contains("user name or password are wrong");
            });
        assertThat(worker.ready()).isFalse();
        Files.writeString(secret, "new\n");
        Awaitility.await().atMost(LIMIT).until(worker::ready);
        assertThat(readiness(worker).status()).isEqualTo(200);
        broker.submit(job("after"));
        broker.await("after", EventType.FAILED);
      } finally {
        rabbit.deleteUser(user);
      }
    }
  }

  @Test
  void aQueueThatIsThereWithAnotherLimitIsUsedAsItIs() throws Exception {
    RabbitBroker rabbit = RabbitBroker.start();
    try (Connection connection = rabbit.connectionFactory().newConnection("earlier version");
        Channel channel = connection.createChannel()) {
      Map<String, Object> jobs = new HashMap<>(Topology.jobsQueueArguments());
      jobs.put("x-delivery-limit", 1000);
      channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, jobs);
      Map<String, Object> registrations = new HashMap<>(Topology.registrationsQueueArguments());
      registrations.put("x-delivery-limit", 1000);
      channel.queueDeclare(Topology.REGISTRATIONS_QUEUE, true, false, false, registrations);
    }
    try (TestBroker broker = TestBroker.of(rabbit);
        TestDatabase database = TestDatabase.h2();
        WorkerApplication worker =
            WorkerApplication.start(properties(broker, database), StubSwarm.Side.class)) {
      assertThat(worker.ready()).isTrue();
      broker.submit(job("job"));
      broker.await("job", EventType.FAILED);
    }
  }

  @Test
  void aMessageThatNobodySurvivesBecomesADeadLetter() throws Exception {
    try (TestBroker broker = TestBroker.start();
        Connection connection = broker.connect()) {
      broker.submit(job("job"));
      for (int worker = 0; worker <= Topology.DELIVERY_LIMIT; worker++) {
        Channel dying = connection.createChannel();
        GetResponse got =
            Awaitility.await()
                .atMost(LIMIT)
                .until(() -> dying.basicGet(Topology.JOBS_QUEUE, false), each -> each != null);
        assertThat(got.getProps().getMessageId()).isNotNull();
        dying.close();
      }
      assertThat(broker.awaitDeadLetter().getProps().getHeaders()).containsKey("x-death");
      assertThat(broker.ready()).isZero();
    }
  }
}
