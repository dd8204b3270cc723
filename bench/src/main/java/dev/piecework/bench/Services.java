package dev.piecework.bench;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.S3Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Broker, database and object store for a measurement, and somebody who submits jobs and hears
 * their events. Speaks lines: first {@code env NAME=VALUE} for each variable that workers and
 * producers need and {@code ready}; then {@code event TYPE JOB EPOCH-NANOS} for each event but
 * progress. Takes {@code job ID TORRENT-FILE [HOST:PORT]} and answers {@code submitted ID
 * EPOCH-NANOS}, the time just before publishing; ends with its input.
 */
public final class Services {
  private static final String BUCKET = "bench";

  private Services() {}

  /**
   * Runs them.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) throws Exception {
    try (RabbitBroker broker = RabbitBroker.start();
        PostgresDatabase database = PostgresDatabase.start();
        S3Server store = S3Server.start(BUCKET);
        Connection connection = broker.connectionFactory().newConnection("bench")) {
      environment(broker, database, store)
          .forEach((name, value) -> say("env " + name + "=" + value));
      say("env BENCH_STORE_FOLDER=" + store.folder());
      listen(connection);
      Channel channel = connection.createChannel();
      channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
      channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Topology.jobsQueueArguments());
      channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
      channel.confirmSelect();
      say("ready");
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        submit(channel, line.split(" "));
      }
    }
  }

  private static Map<String, String> environment(
      RabbitBroker broker, PostgresDatabase database, S3Server store) {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    return Map.of(
        "PIECEWORK_BROKER_URI",
        "amqp://%s:%d%s".formatted(broker.host(), broker.port(), path),
        "PIECEWORK_BROKER_USERNAME",
        broker.user(),
        "PIECEWORK_BROKER_PASSWORD",
        broker.password(),
        "PIECEWORK_DATABASE_URL",
        database.jdbcUrl(),
        "PIECEWORK_DATABASE_USERNAME",
        database.user(),
        "PIECEWORK_DATABASE_PASSWORD",
        database.password(),
        "PIECEWORK_STORE_ENDPOINT",
        store.endpoint().toString(),
        "PIECEWORK_STORE_ACCESS_KEY",
        store.accessKey(),
        "PIECEWORK_STORE_SECRET_KEY",
        store.secretKey());
  }

  private static void listen(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "job.#");
    channel.basicConsume(
        queue,
        true,
        (tag, delivery) -> {
          long now = epochNanos();
          try {
            JobEvent event = JobEventCodec.decode(delivery.getBody());
            if (event.type() != EventType.PROGRESS) {
              say("event %s %s %d".formatted(event.type().wireName(), event.jobId(), now));
            }
          } catch (MessageException e) {
            throw new IllegalStateException("a worker sent what is no event", e);
          }
        },
        tag -> {});
  }

  private static void submit(Channel channel, String[] job) throws Exception {
    JobOptions none = JobOptions.none();
    JobOptions options =
        new JobOptions(
            none.priority(),
            none.seedRatio(),
            none.seedTime(),
            List.of(job).subList(3, job.length),
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of());
    JobMessage message =
        new JobMessage(
            JobMessage.VERSION,
            job[1],
            JobSource.Inline.of(Files.readAllBytes(Path.of(job[2]))),
            new Destination(BUCKET, job[1] + "/"),
            options);
    byte[] body = JobMessageCodec.encode(message);
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .contentType(JobMessageCodec.CONTENT_TYPE)
            .deliveryMode(2)
            .messageId(UUID.randomUUID().toString())
            .build();
    long now = epochNanos();
    channel.basicPublish(Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE, true, properties, body);
    say("submitted %s %d".formatted(job[1], now));
  }

  private static long epochNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  @SuppressWarnings("SystemOut") // read by bench/run
  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
