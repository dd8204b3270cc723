package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.Topology;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.S3Server;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker's process as the launcher starts it: what ends it, and what does not. */
class WorkerProcessIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int TERMINATED = ExitCode.TERMINATED.code();

  /** While the store is away, a worker takes nothing. */
  private static final S3Server store = S3Server.start("data");

  @AfterAll
  static void stopStore() {
    store.close();
  }

  /** The launcher's heap. */
  private static ManagedProcess worker(
      RabbitBroker broker,
      String databaseUrl,
      PostgresDatabase database,
      Path scratch,
      String grace) {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    return Processes.java(
            List.of(
                "-Xmx192m",
                "-XX:MaxDirectMemorySize=96m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerMain.class.getName()))
        .name("worker")
        .environment(
            Map.of(
                "PIECEWORK_BROKER_URI",
                "amqp://%s:%d%s".formatted(broker.host(), broker.port(), path),
                "PIECEWORK_BROKER_USERNAME",
                broker.user(),
                "PIECEWORK_BROKER_PASSWORD",
                broker.password(),
                "PIECEWORK_DATABASE_URL",
                databaseUrl,
                "PIECEWORK_DATABASE_USERNAME",
                database.user(),
                "PIECEWORK_DATABASE_PASSWORD",
                database.password(),
                "PIECEWORK_SCRATCH_DIRECTORY",
                scratch.toString(),
                "PIECEWORK_WORKER_GRACE_PERIOD",
                grace))
        .environment("PIECEWORK_STORE_ENDPOINT", store.endpoint().toString())
        .environment("PIECEWORK_STORE_ACCESS_KEY", store.accessKey())
        .environment("PIECEWORK_STORE_SECRET_KEY", store.secretKey())
        .environment("PIECEWORK_HTTP_PORT", "0")
        .start();
  }

  private static byte[] inlineJob(int number, int characters) {
    return "{\"version\":1,\"id\":\"large-%d\",\"source\":{\"inline\":\"%s\"},\"destination\":{\"bucket\":\"data\"}}"
        .formatted(number, "A".repeat(characters))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void publish(Channel channel, byte[] body) throws Exception {
    channel.basicPublish(
        Topology.JOBS_EXCHANGE,
        Topology.JOBS_QUEUE,
        new AMQP.BasicProperties.Builder()
            .messageId(UUID.randomUUID().toString())
            .deliveryMode(2)
            .build(),
        body);
  }

  @Test
  void eightInlineJobsOf13MegabytesEndNoWorkerOfTheDefaultHeap(@TempDir Path folder)
      throws Exception {
    try (RabbitBroker rabbit = RabbitBroker.start();
        PostgresDatabase database = PostgresDatabase.start()) {
      TestBroker broker = TestBroker.of(rabbit);
      try (Connection connection = broker.connect();
          Channel channel = connection.createChannel()) {
        int jobs = 8;
        for (int number = 0; number < jobs; number++) {
          publish(channel, inlineJob(number, 13_000_000));
        }
        try (ManagedProcess worker =
            worker(rabbit, database.jdbcUrl(), database, folder.resolve("scratch"), "5s")) {
          Set<String> reasons = new java.util.HashSet<>();
          Awaitility.await()
              .atMost(LIMIT.multipliedBy(2))
              .until(() -> {
                assertThat(worker.alive()).as(worker.describe()).isTrue();
                return channel.messageCount(Topology.DEAD_LETTER_QUEUE) == jobs
                    && channel.messageCount(Topology.REGISTRATIONS_QUEUE) == 0;
              });
          for (int number = 0; number < jobs; number++) {
            reasons.add(
                String.valueOf(
                    broker
                        .awaitDeadLetter()
                        .getProps()
                        .getHeaders()
                        .get(Topology.DEAD_LETTER_CODE_HEADER)));
          }
          assertThat(reasons).isSubsetOf("INVALID_METAINFO", "INVALID_MESSAGE", "LIMIT_EXCEEDED");
          worker.terminate();
          assertThat(worker.awaitExit(LIMIT)).as(worker.describe()).isEqualTo(TERMINATED);
        }
      }
    }
  }

  @Test
  void aShutdownEndsWithinItsLimitThoughTheDatabaseIsFrozen(@TempDir Path folder) throws Exception {
    try (RabbitBroker rabbit = RabbitBroker.start();
        PostgresDatabase database = PostgresDatabase.start()) {
      URI url = URI.create(database.jdbcUrl().substring("jdbc:".length()));
      try (FaultProxy frozen = FaultProxy.tcp(new InetSocketAddress(url.getHost(), url.getPort()));
          TestBroker broker = TestBroker.of(rabbit);
          Connection connection = broker.connect();
          Channel channel = connection.createChannel();
          ManagedProcess worker =
              worker(
                  rabbit,
                  "jdbc:postgresql://127.0.0.1:%d%s"
                      .formatted(frozen.address().getPort(), url.getPath()),
                  database,
                  folder.resolve("scratch"),
                  "1s")) {
        worker.awaitOutput(" is up", LIMIT);
        List<byte[]> bodies = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
          bodies.add(
              "{\"version\":1,\"id\":\"j%d\",\"source\":{\"url\":\"http://192.0.2.1/x\"},\"destination\":{\"bucket\":\"data\"}}"
                  .formatted(number)
                  .getBytes(StandardCharsets.UTF_8));
        }
        frozen.pause();
        for (byte[] body : bodies) {
          publish(channel, body);
        }
        worker.terminate();
        // Grace period, what comes beside it, and a machine that is busy: far below the minutes
        // that each statement's own time limit added up to.
        assertThat(worker.awaitExit(Duration.ofSeconds(20)))
            .as(worker.describe())
            .isIn(TERMINATED, ExitCode.CUT_OFF.code());
        frozen.resume();
        // What it had in hand is on the queue again.
        Awaitility.await().atMost(LIMIT).until(() -> broker.ready() == bodies.size());
      }
    }
  }
}
