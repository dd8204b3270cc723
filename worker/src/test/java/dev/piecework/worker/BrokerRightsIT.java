package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.DocumentedRights;
import dev.piecework.testkit.RabbitBroker;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A worker with the rights of docs/operations.md, and users who try to get around theirs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokerRightsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final ControlRequest ORDER = new ControlRequest.Cancel("a", true, "");

  private final BlockingQueue<byte[]> replies = new LinkedBlockingQueue<>();
  private RabbitBroker rabbit;
  private DocumentedRights rights;
  private TestBroker broker;
  private TestDatabase database;
  private WorkerApplication worker;
  private Connection observer;
  private Channel channel;
  private String replyQueue = "";

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  BrokerRightsIT() {}

  @BeforeAll
  void startWorker() throws Exception {
    rabbit = RabbitBroker.start();
    rights = DocumentedRights.of(rabbit, Path.of("..", "docs", "operations.md"));
    broker = TestBroker.of(rabbit);
    database = TestDatabase.h2();
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.broker.username", rights.user("worker"));
    properties.put("piecework.broker.password", DocumentedRights.PASSWORD);
    properties.put("test.swarm", new StubSwarm());
    properties.put("test.scratch-id", "w");
    worker = WorkerApplication.start(properties, StubSwarm.Side.class);
  }

  @AfterAll
  void stopWorker() throws Exception {
    worker.close();
    database.close();
    rights.close();
    broker.close();
  }

  private Connection connect(String role) throws Exception {
    ConnectionFactory factory = rabbit.connectionFactory();
    factory.setUsername(rights.user(role));
    factory.setPassword(DocumentedRights.PASSWORD);
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection(role);
  }

  @BeforeEach
  void connect() throws Exception {
    observer = connect("observe");
    channel = observer.createChannel();
    replyQueue = hearReplies(channel);
  }

  private String hearReplies(Channel at) throws Exception {
    replies.clear();
    String queue = Topology.REPLY_PREFIX + UUID.randomUUID();
    at.queueDeclare(queue, false, true, true, Map.of());
    at.queueBind(queue, Topology.CONTROL_EXCHANGE, queue);
    at.basicConsume(queue, true, (_, delivery) -> replies.add(delivery.getBody()), _ -> {});
    return queue;
  }

  @AfterEach
  void disconnect() {
    observer.abort();
  }

  private AMQP.BasicProperties.Builder asked() {
    return new AMQP.BasicProperties.Builder()
        .messageId(UUID.randomUUID().toString())
        .replyTo(replyQueue);
  }

  private ControlReply reply() throws Exception {
    byte[] reply = replies.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(reply).as("a reply").isNotNull();
    return ControlCodec.decodeReply(reply);
  }

  private void assertRefused() throws Exception {
    assertThat(reply())
        .isEqualTo(
            new ControlReply.Refused(
                ControlReply.Code.INVALID,
                "orders are taken by exchange piecework.control alone; send it there"));
  }

  @Test
  void aWorkerWithTheRightsOfItsRoleWorks() throws Exception {
    broker.submit(
        new JobMessage(
            1,
            "mine",
            JobSource.Inline.of(new byte[] {1}),
            new Destination("data", ""),
            JobOptions.none()));
    broker.await("mine", EventType.FAILED);
    broker.awaitDeadLetter();
  }

  @Test
  void anOperatorsOrderIsTaken() throws Exception {
    try (Connection operator = connect("operate")) {
      Channel own = operator.createChannel();
      replyQueue = hearReplies(own);
      own.basicPublish(
          Topology.CONTROL_EXCHANGE,
          Topology.REQUEST_KEY,
          asked().build(),
          ControlCodec.encode(ORDER));

      assertThat(reply())
          .isInstanceOfSatisfying(
              ControlReply.Refused.class,
              refused -> assertThat(refused.code()).isEqualTo(ControlReply.Code.NOT_FOUND));
    }
  }

  @Test
  void anObserversOrderIsRefused() throws Exception {
    channel.basicPublish(
        Topology.QUESTIONS_EXCHANGE,
        Topology.REQUEST_KEY,
        asked().build(),
        ControlCodec.encode(ORDER));
    assertRefused();

    Channel refused = observer.createChannel();
    refused.confirmSelect();
    refused.basicPublish(
        Topology.CONTROL_EXCHANGE,
        Topology.REQUEST_KEY,
        asked().build(),
        ControlCodec.encode(ORDER));
    assertThatThrownBy(() -> refused.waitForConfirmsOrDie(LIMIT.toMillis()))
        .hasStackTraceContaining("ACCESS_REFUSED");
  }

  @Test
  void anOrderByWayOfADeadLetterIsRefused() throws Exception {
    String queue = "piecework.listener." + UUID.randomUUID();
    channel.queueDeclare(
        queue,
        false,
        true,
        true,
        Map.of(
            "x-message-ttl",
            1,
            "x-dead-letter-exchange",
            Topology.QUESTIONS_EXCHANGE,
            "x-dead-letter-routing-key",
            Topology.REQUEST_KEY));
    String exchange = ownExchange(Map.of());
    channel.queueBind(queue, exchange, "any");
    channel.basicPublish(exchange, "any", asked().build(), ControlCodec.encode(ORDER));

    assertRefused();
  }

  @Test
  void anOrderByWayOfAnExchangeOfOnesOwnIsRefused() throws Exception {
    String exchange = ownExchange(Map.of("alternate-exchange", Topology.QUESTIONS_EXCHANGE));
    channel.basicPublish(
        exchange, Topology.REQUEST_KEY, asked().build(), ControlCodec.encode(ORDER));

    assertRefused();
  }

  private String ownExchange(Map<String, Object> arguments) throws Exception {
    String exchange = "piecework.listener." + UUID.randomUUID();
    channel.exchangeDeclare(exchange, "direct", false, false, arguments);
    return exchange;
  }

  @Test
  void anObserverCannotListenToOrders() throws Exception {
    assertThatThrownBy(() -> channel.queueBind(replyQueue, Topology.CONTROL_EXCHANGE, "#"))
        .hasStackTraceContaining("ACCESS_REFUSED");
  }

  @Test
  void aQuestionWithAKeyBesideItsOwnDoesNoHarm() throws Exception {
    channel.basicPublish(
        Topology.QUESTIONS_EXCHANGE,
        "x",
        asked().headers(Map.of("CC", List.of(Topology.LIMITS_KEY))).build(),
        ControlCodec.encode(new ControlRequest.GetLimits()));
    channel.basicPublish(
        Topology.QUESTIONS_EXCHANGE,
        Topology.LIMITS_KEY,
        asked().build(),
        ControlCodec.encode(new ControlRequest.GetLimits()));

    assertThat(reply()).isInstanceOf(ControlReply.Limits.class);
    assertThat(replies).isEmpty();
  }
}
