package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.TorrentMaker;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One worker of two loses its database, and only that; the other must do everybody's work. */
class DatabaseLostIT {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final ControlRequest LIST =
      new ControlRequest.ListJobs(List.of(), Map.of(), 100, Optional.empty());

  @TempDir Path folder;

  @Test
  void aFrozenLinkHoldsNothingBack() throws Exception {
    losing(FaultProxy::pause, FaultProxy::resume, "no answer within 5 s");
  }

  @Test
  void aCutLinkHoldsNothingBack() throws Exception {
    losing(
        link -> {
          link.refuse(true);
          link.cut();
        },
        link -> link.refuse(false),
        "127.0.0.1");
  }

  private void losing(Consumer<FaultProxy> lose, Consumer<FaultProxy> heal, String cause)
      throws Exception {
    Path file = Content.file(folder.resolve("in/data.bin"), 1000, 7);
    byte[] torrent = TorrentMaker.of(file).pieceBytes(1 << 15).make().metainfo();
    try (TestBroker broker = TestBroker.start();
        PostgresDatabase server = PostgresDatabase.start();
        FaultProxy link = FaultProxy.tcp(address(server.jdbcUrl()))) {
      StubSwarm slow = new StubSwarm();
      String through =
          server
              .jdbcUrl()
              .replaceFirst("//[^/]+/", "//127.0.0.1:" + link.address().getPort() + "/");
      try (WorkerApplication lonely = worker(broker, server, through, "lonely", slow)) {
        // One job has the slot; others lie in the worker's hands.
        for (int i = 0; i < 4; i++) {
          broker.submit(job("early-" + i, torrent));
        }
        broker.await("early-0", EventType.STARTED);

        lose.accept(link);

        Awaitility.await()
            .atMost(LONG)
            .until(() -> StatusClient.ask(lonely, "/health/ready").status() == 503);
        assertThat(StatusClient.ask(lonely, "/health/ready").text())
            .contains("cannot use the database", cause);
        assertThat(StatusClient.ask(lonely, "/health/live").status()).isEqualTo(200);
        assertThat(StatusClient.metrics(lonely)).containsEntry("piecework_database_reachable", 0.0);

        StubSwarm fast = new StubSwarm();
        fast.permits.release(1000);
        try (WorkerApplication _ = worker(broker, server, server.jdbcUrl(), "healthy", fast)) {
          for (int i = 0; i < 4; i++) {
            broker.submit(job("late-" + i, torrent));
          }
          for (int i = 0; i < 4; i++) {
            broker.await("late-" + i, EventType.COMPLETED);
            broker.await("early-" + i, EventType.COMPLETED);
          }
          try (Asker asker = new Asker(broker)) {
            for (int i = 0; i < 12; i++) {
              assertThat(asker.ask(LIST, "30000")).isInstanceOf(ControlReply.Page.class);
            }
          }
        }

        heal.accept(link);
        slow.permits.release(1000);
        Awaitility.await()
            .atMost(LONG)
            .until(() -> StatusClient.ask(lonely, "/health/ready").status() == 200);
        broker.submit(job("again", torrent));
        broker.await("again", EventType.COMPLETED);
        try (Asker asker = new Asker(broker)) {
          Awaitility.await()
              .atMost(LONG)
              .until(() -> asker.ask(LIST, "30000") instanceof ControlReply.Page);
        }
      }
    }
  }

  private static JobMessage job(String id, byte[] torrent) {
    return new JobMessage(
        1, id, JobSource.Inline.of(torrent), new Destination("data", ""), JobOptions.none());
  }

  private static InetSocketAddress address(String jdbcUrl) {
    URI uri = URI.create(jdbcUrl.substring("jdbc:".length()));
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  private static WorkerApplication worker(
      TestBroker broker, PostgresDatabase server, String url, String name, StubSwarm swarm) {
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.put("piecework.database.url", url);
    properties.put("piecework.database.username", server.user());
    properties.put("piecework.database.password", server.password());
    properties.put("piecework.worker.slots", 1);
    properties.put("piecework.worker.lease", "5s");
    properties.put("piecework.worker.grace-period", "5s");
    properties.put("piecework.worker.sweep-interval", "500ms");
    properties.put("piecework.http.port", 0);
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", name);
    return WorkerApplication.start(properties, StubSwarm.Side.class);
  }
}
