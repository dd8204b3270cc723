package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.JobStatus;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a database that is away, or refuses what is written, costs a job; the swarm is played. */
class DatabaseFaultsIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir private Path folder = Path.of("");

  private final StubSwarm swarm = new StubSwarm();
  private byte[] torrent = {};

  @BeforeEach
  void makeTorrent() {
    Path file = Content.file(folder.resolve("in/data.bin"), (20L << 20) + 1, 7);
    torrent = TorrentMaker.of(file).pieceBytes(1 << 20).make().metainfo();
  }

  private WorkerApplication worker(TestBroker broker, TestDatabase database) {
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.database.connect-timeout", "1s");
    properties.put("piecework.worker.lease", "2m");
    properties.put("piecework.worker.sweep-interval", "100ms");
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", "me");
    return WorkerApplication.start(properties, StubSwarm.Side.class);
  }

  private void submit(TestBroker broker) throws Exception {
    broker.submit(
        new JobMessage(
            1,
            "job",
            JobSource.Inline.of(torrent),
            new Destination("data", ""),
            JobOptions.none()));
    broker.await("job", EventType.METADATA);
  }

  private static String value(TestDatabase database, String column) {
    return database
        .jdbc()
        .sql("SELECT " + column + " FROM piecework_job WHERE id = 'job'")
        .query((row, number) -> row.getString(1))
        .single();
  }

  @Test
  void aDatabaseThatIsAwayForAWhileCostsNoAttempt() throws Exception {
    try (PostgresDatabase server = PostgresDatabase.privateServer();
        TestDatabase database = TestDatabase.of(server);
        TestBroker broker = TestBroker.start();
        WorkerApplication worker = worker(broker, database)) {
      submit(broker);

      server.stop();
      // The run has met it, and so has whoever asks the database each second.
      Await.until("the end of the transfer", LIMIT, () -> swarm.closed.availablePermits() > 0);
      Await.until("the worker's notice", LIMIT, () -> !worker.ready());
      server.restart();

      broker.await("job", EventType.HANDED_BACK);
      swarm.permits.release(1000);
      broker.await("job", EventType.COMPLETED);
      assertThat(broker.story("job")).doesNotContain("retrying@1", "retrying@2");
      assertThat(value(database, "failures")).isEqualTo("0");
      assertThat(value(database, "attempt")).isEqualTo("1");
    }
  }

  @Test
  void aJobWhoseClearingAwayTheDatabaseRefusesIsCancelledAndSaysSo() throws Exception {
    try (TestDatabase database = TestDatabase.h2();
        TestBroker broker = TestBroker.start();
        WorkerApplication _ = worker(broker, database);
        Asker asker = new Asker(broker)) {
      submit(broker);
      database
          .jdbc()
          .sql(
              """
              ALTER TABLE piecework_job_transition ADD CONSTRAINT refused
              CHECK (to_state <> 'CANCELLED' OR reason <> '')
              """)
          .update();

      asker.ask(new ControlRequest.Cancel("job", false, ""), "20000");

      broker.await("job", EventType.CANCELLED);
      ControlReply.Details details =
          (ControlReply.Details) asker.ask(new ControlRequest.GetJob("job"), "20000");
      assertThat(details.job().reason())
          .startsWith(JobStatus.LEFT_IN_STORE + "nothing is known of what is there: ");
    }
  }

  @Test
  void aJobWhoseEndTheDatabaseRefusesIsNotClearedAwayForEver() throws Exception {
    try (TestDatabase database = TestDatabase.h2();
        TestBroker broker = TestBroker.start();
        WorkerApplication _ = worker(broker, database);
        Asker asker = new Asker(broker)) {
      submit(broker);
      database
          .jdbc()
          .sql(
              """
              ALTER TABLE piecework_job_transition ADD CONSTRAINT refused
              CHECK (to_state <> 'CANCELLED')
              """)
          .update();
      asker.ask(new ControlRequest.Cancel("job", false, ""), "2000");
      // Claimed once, for its first clearing away.
      Await.until("the clearing away", LIMIT, () -> value(database, "epoch").equals("2"));

      for (int times = 1; times <= 3; times++) {
        database
            .jdbc()
            .sql("UPDATE piecework_job SET lease_until = CURRENT_TIMESTAMP - INTERVAL '1' MINUTE")
            .update();
        // Several rounds of the sweeper.
        Thread.sleep(500);
        assertThat(value(database, "epoch")).isEqualTo("2");
      }
      assertThat(value(database, "state")).isEqualTo("CANCELLING");
    }
  }
}
