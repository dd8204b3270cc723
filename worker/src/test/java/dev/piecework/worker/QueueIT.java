package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that wait for the only slot of the only worker; swarm and store are played. */
class QueueIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** Of each job. */
  private static final int PARTS = 3;

  @TempDir private Path folder = Path.of("");

  private StubSwarm swarm = new StubSwarm();
  private TestDatabase database = TestDatabase.h2();

  @SuppressWarnings("NullAway.Init") // JUnit sets them before any test.
  private TestBroker broker;

  private byte[] torrent = {};

  @BeforeEach
  void open() throws Exception {
    broker = TestBroker.start();
    Path file = Content.file(folder.resolve("in/data.bin"), (20L << 20) + 1, 7);
    torrent = TorrentMaker.of(file).pieceBytes(1 << 20).make().metainfo();
  }

  @AfterEach
  void close() throws Exception {
    broker.close();
    database.close();
  }

  private WorkerApplication worker(String... more) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", "me");
    properties.put("piecework.worker.slots", 1);
    properties.put("piecework.worker.sweep-interval", "100ms");
    for (int i = 0; i < more.length; i += 2) {
      properties.put(more[i], more[i + 1]);
    }
    return WorkerApplication.start(properties, StubSwarm.Side.class);
  }

  private void submit(String id, int priority) throws Exception {
    broker.submit(
        new JobMessage(
            1,
            id,
            JobSource.Inline.of(torrent),
            new Destination("data", id + "/"),
            new JobOptions(
                priority,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                0,
                0,
                Optional.empty(),
                Map.of())));
    broker.await(id, EventType.ACCEPTED);
  }

  private long column(String name, String job) {
    return database
        .jdbc()
        .sql("SELECT " + name + " FROM piecework_job WHERE id = :id")
        .param("id", job)
        .query(Long.class)
        .single();
  }

  private String state(String job) {
    return database
        .jdbc()
        .sql("SELECT state FROM piecework_job WHERE id = :id")
        .param("id", job)
        .query(String.class)
        .single();
  }

  private long messages() throws Exception {
    try (Connection connection = broker.connect();
        var channel = connection.createChannel()) {
      return channel.messageCount(Topology.JOBS_QUEUE);
    }
  }

  @Test
  void thePriorityDecidesAlsoWhenItIsChangedWhileAJobWaits() throws Exception {
    try (WorkerApplication _ = worker();
        Asker asker = new Asker(broker)) {
      submit("busy", 0);
      broker.await("busy", EventType.STARTED);
      submit("first", 0);
      submit("urgent", 5);
      submit("raised", 0);

      assertThat(asker.ask(new ControlRequest.Prioritize("raised", 9), "20000"))
          .isInstanceOfSatisfying(
              ControlReply.Ordered.class,
              ordered -> {
                assertThat(ordered.inEffect()).isTrue();
                assertThat(ordered.job().priority()).isEqualTo(9);
              });
      for (String next : List.of("busy", "raised", "urgent", "first")) {
        broker.await(next, EventType.STARTED);
        assertThat(
                database
                    .jdbc()
                    .sql("SELECT COUNT(*) FROM piecework_job WHERE epoch = 0")
                    .query(Long.class)
                    .single())
            .as("jobs that wait while %s runs", next)
            .isEqualTo(List.of("first", "urgent", "raised", "busy").indexOf(next));
        swarm.permits.release(PARTS);
        broker.await(next, EventType.COMPLETED);
      }
      Await.until("an empty queue", LIMIT, () -> messages() == 0);
    }
  }

  @Test
  void aJobForWhichNothingComesGivesItsSlotToOneThatWaits() throws Exception {
    try (WorkerApplication _ = worker("piecework.worker.slot-patience", "1s")) {
      submit("dead", 9);
      broker.await("dead", EventType.STARTED);
      submit("other", 0);

      EventData.Retrying gaveWay =
          (EventData.Retrying) broker.await("dead", EventType.RETRYING).data();

      assertThat(gaveWay.code()).isEqualTo("STALLED");
      assertThat(gaveWay.reason()).contains("has given its slot to a job that waits");
      broker.await("other", EventType.STARTED);
      // Now each gives way to the other, until something comes.
      broker.await("dead", EventType.STARTED, 2);
      swarm.permits.release(2 * PARTS);
      broker.await("dead", EventType.COMPLETED);
      broker.await("other", EventType.COMPLETED);
      assertThat(column("attempt", "dead")).isEqualTo(1);
      assertThat(column("failures", "dead")).isZero();
    }
  }

  @Test
  void aJobForWhichNothingComesKeepsASlotThatNoOtherWants() throws Exception {
    try (WorkerApplication _ = worker("piecework.worker.slot-patience", "1s")) {
      submit("alone", 0);
      broker.await("alone", EventType.STARTED);
      // Longer than the patience: it is asked each second.
      Thread.sleep(3000);
      assertThat(state("alone")).isEqualTo("RUNNING");
      swarm.permits.release(PARTS);
      broker.await("alone", EventType.COMPLETED);
      assertThat(broker.story("alone")).doesNotContain("retrying@1");
    }
  }

  @Test
  void aJobWhoseMessageIsLostIsRunFromItsRow() throws Exception {
    try (WorkerApplication _ = worker();
        Connection connection = broker.connect();
        var channel = connection.createChannel()) {
      submit("busy", 0);
      broker.await("busy", EventType.STARTED);
      submit("lost", 0);
      assertThat(channel.queuePurge(Topology.JOBS_QUEUE).getMessageCount()).isEqualTo(1);

      swarm.permits.release(2 * PARTS);

      broker.await("busy", EventType.COMPLETED);
      broker.await("lost", EventType.COMPLETED);
    }
  }

  @Test
  void aJobThatHasLostItsWorkerTenTimesWithoutProgressFails() throws Exception {
    try (WorkerApplication _ = worker();
        Asker asker = new Asker(broker)) {
      submit("deadly", 0);
      broker.await("deadly", EventType.STARTED);
      asker.ask(new ControlRequest.Pause("deadly", ""), "20000");
      broker.await("deadly", EventType.PAUSED);
      database.jdbc().sql("UPDATE piecework_job SET failures = 10").update();

      asker.ask(new ControlRequest.Resume("deadly"), "20000");

      EventData.Failed failed = (EventData.Failed) broker.await("deadly", EventType.FAILED).data();
      assertThat(failed.code()).isEqualTo("INTERNAL");
      assertThat(failed.reason()).contains("has lost its worker 10 times in a row");
    }
  }
}
