package dev.piecework.worker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.worker.broker.BrokerTopology;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/** A RabbitMQ, and somebody at its other end: submits jobs and hears every event. */
public final class TestBroker implements AutoCloseable {
  private static final int RECOVERY_MILLIS = 500;

  private final RabbitBroker broker;
  private final Connection connection;
  private final Channel channel;
  private final List<JobEvent> events = new CopyOnWriteArrayList<>();

  private TestBroker(RabbitBroker broker) throws Exception {
    this.broker = broker;
    ConnectionFactory factory = broker.connectionFactory();
    factory.setNetworkRecoveryInterval(RECOVERY_MILLIS);
    this.connection = factory.newConnection("test");
    this.channel = connection.createChannel();
    BrokerTopology.declare(channel);
    // Durable: what is published while a broker that was restarted has no listener waits here.
    String queue = channel.queueDeclare("test.events", true, false, false, null).getQueue();
    channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "job.#");
    channel.basicConsume(
        queue,
        true,
        (tag, delivery) -> {
          try {
            events.add(JobEventCodec.decode(delivery.getBody()));
          } catch (MessageException e) {
            throw new IllegalStateException("a worker sent what is no event", e);
          }
        },
        tag -> {});
  }

  /** Starts, or finds, one. */
  public static TestBroker start() throws Exception {
    return of(RabbitBroker.start());
  }

  /** At one that the caller may also stop and start again; closed with this. */
  public static TestBroker of(RabbitBroker broker) throws Exception {
    return new TestBroker(broker);
  }

  /** For a worker. */
  public Map<String, Object> properties() {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    return Map.of(
        "piecework.broker.uri",
        "amqp://%s:%d%s".formatted(broker.host(), broker.port(), path),
        "piecework.broker.username",
        broker.user(),
        "piecework.broker.password",
        broker.password());
  }

  /** A connection of one's own. */
  public Connection connect() throws Exception {
    return broker.connectionFactory().newConnection("test");
  }

  /** Submits as a producer does. */
  public void submit(JobMessage job) throws Exception {
    send(JobMessageCodec.encode(job), UUID.randomUUID().toString());
  }

  /** Puts anything on the queue. */
  public void send(byte[] body, String messageId) throws Exception {
    synchronized (channel) {
      channel.basicPublish(
          Topology.JOBS_EXCHANGE,
          Topology.JOBS_QUEUE,
          new AMQP.BasicProperties.Builder().messageId(messageId).deliveryMode(2).build(),
          body);
    }
  }

  /** Every event so far but progress, as {@code type@epoch}. */
  public List<String> story(String jobId) {
    return events(jobId).stream()
        .filter(event -> event.type() != EventType.PROGRESS)
        .map(event -> event.type().wireName() + "@" + event.epoch())
        .toList();
  }

  /** Every event so far. */
  public List<JobEvent> events(String jobId) {
    return events.stream().filter(event -> event.jobId().equals(jobId)).toList();
  }

  /** Waits for an event of a type. */
  public JobEvent await(String jobId, EventType type) {
    return await(jobId, type, 1);
  }

  /** Waits for the {@code count}-th event of a type. */
  public JobEvent await(String jobId, EventType type, int count) {
    return Awaitility.await(type + " of " + jobId)
        .atMost(java.time.Duration.ofSeconds(90))
        .until(
            () -> events(jobId).stream().filter(event -> event.type() == type).toList(),
            found -> found.size() >= count)
        .get(count - 1);
  }

  /** Takes a dead letter, waiting for it. */
  public GetResponse awaitDeadLetter() {
    return Awaitility.await("a dead letter")
        .atMost(java.time.Duration.ofSeconds(60))
        .until(this::deadLetter, Optional::isPresent)
        .orElseThrow();
  }

  private Optional<GetResponse> deadLetter() throws Exception {
    synchronized (channel) {
      return Optional.ofNullable(channel.basicGet(Topology.DEAD_LETTER_QUEUE, true));
    }
  }

  /** Messages that no worker has in hand. */
  public long ready() throws Exception {
    synchronized (channel) {
      return channel.messageCount(Topology.JOBS_QUEUE);
    }
  }

  @Override
  public void close() throws IOException {
    connection.close();
    broker.close();
  }
}
