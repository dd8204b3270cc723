package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.JobTransition;
import dev.piecework.message.Topology;
import dev.piecework.testkit.DocumentedRights;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.worker.job.JobStatuses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose name is written down for submissions and orders, by a RabbitMQ that checks it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final BlockingQueue<byte[]> replies = new LinkedBlockingQueue<>();
  private RabbitBroker rabbit;
  private DocumentedRights rights;
  private TestBroker broker;
  private Connection submitter;
  private Connection operator;

  @SuppressWarnings("NullAway.Init") // opened by each test
  private TestDatabase database;

  @SuppressWarnings("NullAway.Init") // started by each test
  private WorkerApplication worker;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  AuthorsIT() {}

  @BeforeAll
  void startBroker() throws Exception {
    rabbit = RabbitBroker.start();
    rights = DocumentedRights.of(rabbit, Path.of("..", "docs", "operations.md"));
    broker = TestBroker.of(rabbit);
    submitter = connect("submit");
    operator = connect("operate");
  }

  @AfterAll
  void stopBroker() throws Exception {
    submitter.abort();
    operator.abort();
    rights.close();
    broker.close();
  }

  @AfterEach
  void stopWorker() throws Exception {
    worker.close();
    database.close();
  }

  private void startWorker(boolean requireUserId) throws Exception {
    database = TestDatabase.h2();
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.broker.require-user-id", requireUserId);
    properties.put("test.swarm", new StubSwarm());
    properties.put("test.scratch-id", "w");
    worker = WorkerApplication.start(properties, StubSwarm.Side.class);
  }

  private Connection connect(String role) throws Exception {
    ConnectionFactory factory = rabbit.connectionFactory();
    factory.setUsername(rights.user(role));
    factory.setPassword(DocumentedRights.PASSWORD);
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection(role);
  }

  /** Its torrent is none: the job fails at once. */
  private static byte[] job(String id) {
    return JobMessageCodec.encode(
        new JobMessage(
            1,
            id,
            JobSource.Inline.of(new byte[] {1}),
            new Destination("data", ""),
            JobOptions.none()));
  }

  private static AMQP.BasicProperties.Builder properties() {
    return new AMQP.BasicProperties.Builder()
        .messageId(UUID.randomUUID().toString())
        .deliveryMode(2);
  }

  private void submit(String id, AMQP.BasicProperties properties) throws Exception {
    try (Channel channel = submitter.createChannel()) {
      channel.confirmSelect();
      channel.basicPublish(Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE, properties, job(id));
      channel.waitForConfirmsOrDie(LIMIT.toMillis());
    }
  }

  private ControlReply order(ControlRequest request, AMQP.BasicProperties.Builder properties)
      throws Exception {
    replies.clear();
    try (Channel channel = operator.createChannel()) {
      String queue = Topology.REPLY_PREFIX + UUID.randomUUID();
      channel.queueDeclare(queue, false, true, true, Map.of());
      channel.queueBind(queue, Topology.CONTROL_EXCHANGE, queue);
      channel.basicConsume(queue, true, (_, delivery) -> replies.add(delivery.getBody()), _ -> {});
      channel.basicPublish(
          Topology.CONTROL_EXCHANGE,
          Topology.REQUEST_KEY,
          properties.replyTo(queue).build(),
          ControlCodec.encode(request));
      byte[] reply = replies.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(reply).as("a reply").isNotNull();
      return ControlCodec.decodeReply(reply);
    }
  }

  private String author(String id) {
    return new JobStatuses(database.jdbc()).find(id).orElseThrow().author();
  }

  private List<String> history(String id) {
    return new JobStatuses(database.jdbc())
        .transitions(id).stream()
            .filter(line -> !line.author().isEmpty())
            .map(line -> line.to() + " by " + line.author())
            .toList();
  }

  private void fails(String id, int times) {
    broker.await(id, EventType.FAILED, times);
    broker.awaitDeadLetter();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theBrokersUserIsTheAuthorOfWhatItSends(boolean required) throws Exception {
    startWorker(required);
    String id = "known-" + required;
    submit(id, properties().userId(rights.user("submit")).build());
    fails(id, 1);

    // The continuation that follows from it has no user-id, and needs none.
    assertThat(order(new ControlRequest.Retry(id), properties().userId(rights.user("operate"))))
        .isInstanceOf(ControlReply.Ordered.class);
    fails(id, 2);
    try (Connection other = rabbit.connectionFactory().newConnection();
        Channel channel = other.createChannel()) {
      channel.basicPublish(
          Topology.JOBS_EXCHANGE,
          Topology.JOBS_QUEUE,
          properties().userId(rabbit.user()).build(),
          job(id));
      fails(id, 3);
    }

    assertThat(author(id)).isEqualTo(rights.user("submit"));
    assertThat(history(id))
        .containsExactly(
            "queued by " + rights.user("submit"),
            "queued by " + rights.user("operate"),
            "queued by " + rabbit.user());
    ControlReply reply =
        order(new ControlRequest.GetJob(id), properties().userId(rights.user("operate")));
    assertThat(reply)
        .isInstanceOfSatisfying(
            ControlReply.Details.class,
            details -> {
              assertThat(details.job().author()).isEqualTo(rights.user("submit"));
              assertThat(details.transitions())
                  .extracting(JobTransition::author)
                  .contains(rights.user("operate"));
            });
  }

  @Test
  void nobodyNamesAnother() throws Exception {
    startWorker(false);
    assertThatThrownBy(() -> submit("forged", properties().userId(rights.user("operate")).build()))
        .hasStackTraceContaining("PRECONDITION_FAILED");
    submit("honest", properties().build());
    fails("honest", 1);

    assertThat(new JobStatuses(database.jdbc()).find("forged")).isEmpty();
    assertThat(author("honest")).isEmpty();
    assertThat(history("honest")).isEmpty();
  }

  @Test
  void whatDoesNotSayWhoSentItIsRefusedWhereThatIsRequired() throws Exception {
    startWorker(true);
    submit("anonymous", properties().build());
    GetResponse dead = broker.awaitDeadLetter();

    assertThat(String.valueOf(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_REASON_HEADER)))
        .startsWith("NO_USER_ID: ");
    assertThat(order(new ControlRequest.Pause("anonymous", ""), properties()))
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.message()).startsWith("NO_USER_ID: "));
    assertThat(new JobStatuses(database.jdbc()).find("anonymous")).isEmpty();
  }
}
