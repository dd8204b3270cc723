package dev.piecework.worker;

import static dev.piecework.worker.StatusClient.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker answers while its peers come and go. */
class HealthIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static void assertFine(WorkerApplication worker) throws IOException {
    assertThat(ask(worker, "/health/ready")).isEqualTo(new StatusClient.Answer(200, "ready\n"));
    assertAlive(worker);
  }

  private static void assertAlive(WorkerApplication worker) throws IOException {
    StatusClient.Answer live = ask(worker, "/health/live");
    assertThat(live.status()).as(live.text()).isEqualTo(200);
    assertThat(live.text()).contains("leases: ok", "sweeper: ok", "outbox: ok", "event loops: ok");
  }

  private static Map<String, Object> properties(
      RabbitBroker broker, InetSocketAddress brokerAddress, PostgresDatabase database, String url) {
    Map<String, Object> properties = new HashMap<>();
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    properties.put(
        "piecework.broker.uri", "amqp://127.0.0.1:%d%s".formatted(brokerAddress.getPort(), path));
    properties.put("piecework.broker.username", broker.user());
    properties.put("piecework.broker.password", broker.password());
    properties.put("piecework.database.url", url);
    properties.put("piecework.database.username", database.user());
    properties.put("piecework.database.password", database.password());
    properties.put("piecework.database.connect-timeout", "2s");
    properties.put("piecework.worker.sweep-interval", "50ms");
    properties.put("piecework.http.port", 0);
    properties.put("test.swarm", new StubSwarm());
    properties.put("test.scratch-id", "me");
    return properties;
  }

  @Test
  void aWorkerStaysAliveWithoutItsPeersAndIsNotReadyWithoutItsDatabase() throws Exception {
    try (RabbitBroker broker = RabbitBroker.start();
        PostgresDatabase database = PostgresDatabase.start()) {
      URI url = URI.create(database.jdbcUrl().substring("jdbc:".length()));
      try (FaultProxy toBroker = FaultProxy.tcp(broker.address());
          FaultProxy toDatabase =
              FaultProxy.tcp(new InetSocketAddress(url.getHost(), url.getPort()));
          WorkerApplication worker =
              WorkerApplication.start(
                  properties(
                      broker,
                      toBroker.address(),
                      database,
                      "jdbc:postgresql://127.0.0.1:%d%s"
                          .formatted(toDatabase.address().getPort(), url.getPath())),
                  StubSwarm.Side.class)) {
        Await.until("the first consumer", LIMIT, worker::ready);
        assertFine(worker);

        toBroker.refuse(true);
        toBroker.cut();
        Await.until("the loss of the broker", LIMIT, () -> !worker.ready());
        assertFine(worker);

        toDatabase.refuse(true);
        toDatabase.cut();
        long tries = toDatabase.connections();
        Await.until("vain tries", LIMIT, () -> toDatabase.connections() > tries + 3);
        Await.until(
            "the loss of the database", LIMIT, () -> ask(worker, "/health/ready").status() == 503);
        assertThat(ask(worker, "/health/ready").text()).contains("cannot use the database");
        assertAlive(worker);

        toBroker.refuse(false);
        toDatabase.refuse(false);
        Await.until("a consumer again", LIMIT, worker::ready);
        assertFine(worker);
      }
    }
  }

  @Test
  void aWorkerWhoseJobIsStuckIsNotAliveAndSaysWhichJob(@TempDir Path folder) throws Exception {
    StubSwarm swarm = new StubSwarm();
    try (TestBroker broker = TestBroker.start();
        TestDatabase database = TestDatabase.h2()) {
      Map<String, Object> properties = new HashMap<>(broker.properties());
      properties.putAll(database.properties());
      properties.put("piecework.worker.stuck-after", "10s");
      properties.put("piecework.http.port", 0);
      properties.put("test.swarm", swarm);
      properties.put("test.scratch-id", "me");
      try (WorkerApplication worker = WorkerApplication.start(properties, StubSwarm.Side.class)) {
        Await.until("the first consumer", LIMIT, worker::ready);
        swarm.stuck = true;
        broker.submit(
            new JobMessage(
                1,
                "stuck",
                JobSource.Inline.of(
                    TorrentMaker.of(Content.file(folder.resolve("a.bin"), 100_001, 1))
                        .make()
                        .metainfo()),
                new Destination("data", ""),
                JobOptions.none()));

        Await.until("its death", LIMIT, () -> ask(worker, "/health/live").status() == 503);

        assertThat(ask(worker, "/health/live").text())
            .startsWith("not alive\n")
            .contains("jobs: job stuck has not moved for ")
            .contains("leases: ok", "sweeper: ok", "outbox: ok", "event loops: ok");
        // Neither a peer nor the queue is the matter.
        assertThat(ask(worker, "/health/ready").status()).isEqualTo(200);

        swarm.stuck = false;
        Await.until("its life", LIMIT, () -> ask(worker, "/health/live").status() == 200);
      } finally {
        swarm.stuck = false;
      }
    }
  }

  @Test
  void aWorkerThatHasNeverFoundItsBrokerIsAliveAndNotReady() throws Exception {
    Map<String, Object> properties =
        Map.of(
            "piecework.database.url", "jdbc:h2:mem:unready",
            "piecework.broker.uri", "amqp://127.0.0.1:1",
            "piecework.http.port", 0,
            "test.swarm", new StubSwarm(),
            "test.scratch-id", "me");
    try (WorkerApplication worker = WorkerApplication.start(properties, StubSwarm.Side.class)) {
      assertThat(ask(worker, "/health/live").status()).isEqualTo(200);
      assertThat(ask(worker, "/health/ready"))
          .isEqualTo(
              new StatusClient.Answer(
                  503, "not ready: has not been connected to the broker yet\n"));
    }
  }
}
