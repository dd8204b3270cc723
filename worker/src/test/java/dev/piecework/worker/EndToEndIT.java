package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way with real parts: RabbitMQ, a database, S3, and a seeder that nobody here wrote. */
class EndToEndIT {
  private static final long MEBIBYTE = 1L << 20;

  @TempDir private Path folder = Path.of("");

  @Test
  void aTorrentArrivesWithPostgres() throws Exception {
    arrives(TestDatabase::postgres);
  }

  @Test
  void aTorrentArrivesWithH2() throws Exception {
    arrives(TestDatabase::h2);
  }

  private void arrives(Supplier<TestDatabase> databases) throws Exception {
    Path tree = folder.resolve("in/set");
    Content.manySmall(tree, 20, 50_000, 1);
    Content.file(tree.resolve("empty"), 0, 0);
    Content.file(tree.resolve("big.bin"), 40 * MEBIBYTE + 3, 2);
    TestTorrent torrent = TorrentMaker.of(tree).pieceBytes(262_144).make();
    try (TestBroker broker = TestBroker.start();
        TestDatabase database = databases.get();
        S3Server store = S3Server.start("data");
        RunningClient seeder = Client.LIBTORRENT.seed(torrent);
        WorkerApplication worker = WorkerApplication.start(properties(broker, database, store))) {
      assertThat(worker.ready()).isTrue();
      JobMessage job = job(torrent, "127.0.0.1:" + seeder.address().getPort());
      broker.submit(job);

      JobEvent completed = broker.await(job.id(), EventType.COMPLETED);

      assertThat(stored(store)).isEqualTo(expected(tree));
      EventData.Completed data = (EventData.Completed) completed.data();
      assertThat(data.objects()).hasSize(22);
      assertThat(store.objects("data")).containsKey(data.manifestKey());
      assertThat(data.downloadedBytes()).isGreaterThanOrEqualTo(torrent.totalBytes());
      assertThat(broker.story(job.id()).subList(0, 3))
          .containsExactly("accepted@0", "started@1", "metadata@1");
      assertThat(broker.story(job.id()).getLast()).isEqualTo("completed@1");
      assertThat(broker.story(job.id()).stream().filter("file-uploaded@1"::equals)).hasSize(22);
      Await.until("the run's end", Duration.ofMinutes(1), () -> counted(worker));
      assertCounts(StatusClient.metrics(worker), torrent);
    }
  }

  @Test
  void oneTorrentGoesToTwoPlacesAtOnce() throws Exception {
    Path tree = folder.resolve("in/twice");
    Content.manySmall(tree, 3, 50_000, 1);
    Content.file(tree.resolve("big.bin"), 24 * MEBIBYTE + 3, 2);
    TestTorrent torrent = TorrentMaker.of(tree).pieceBytes(262_144).make();
    try (TestBroker broker = TestBroker.start();
        TestDatabase database = TestDatabase.postgres();
        S3Server store = S3Server.start("data");
        RunningClient seeder = Client.LIBTORRENT.seed(torrent);
        WorkerApplication worker = WorkerApplication.start(properties(broker, database, store))) {
      String peer = "127.0.0.1:" + seeder.address().getPort();
      for (String place : List.of("one", "two")) {
        broker.submit(job(place, place + "/", torrent, peer));
      }

      for (String place : List.of("one", "two")) {
        broker.await(place, EventType.COMPLETED);
        assertThat(stored(store, place + "/"))
            .as("%s, worker %s", place, worker)
            .isEqualTo(expected(tree, "twice/"));
        assertThat(broker.story(place)).doesNotContain("retrying@1");
      }
    }
  }

  private static boolean counted(WorkerApplication worker) throws IOException {
    Map<String, Double> metrics = StatusClient.metrics(worker);
    return value(metrics, "piecework_runs_ended_total{state=\"completed\"}") == 1
        && value(metrics, "piecework_torrents") == 0
        // Looked at now and then only.
        && value(metrics, "piecework_event_loop_lag_seconds_count") > 0;
  }

  private static void assertCounts(Map<String, Double> metrics, TestTorrent torrent) {
    double all = torrent.totalBytes();
    assertThat(
            value(metrics, "piecework_downloaded_bytes_total")
                - value(metrics, "piecework_wasted_bytes_total"))
        .isEqualTo(all);
    assertThat(value(metrics, "piecework_uploaded_bytes_total")).isEqualTo(all);
    assertThat(value(metrics, "piecework_store_sent_bytes_total")).isGreaterThanOrEqualTo(all);
    assertThat(value(metrics, "piecework_pieces_total{result=\"verified\"}"))
        .isEqualTo(torrent.pieces());
    assertThat(value(metrics, "piecework_pieces_total{result=\"failed\"}")).isZero();
    assertThat(value(metrics, "piecework_runs_started_total{kind=\"first\"}")).isEqualTo(1);
    assertThat(value(metrics, "piecework_messages_total{result=\"claimed\"}")).isEqualTo(1);
    assertThat(value(metrics, "piecework_phase_seconds_count{phase=\"transfer\"}")).isEqualTo(1);
    assertThat(value(metrics, "piecework_checkpoint_seconds_count")).isPositive();
    assertThat(
            value(
                metrics,
                "piecework_store_requests_seconds_count{operation=\"upload_part\",outcome=\"ok\"}"))
        .isEqualTo(6); // 40 MiB and 3 bytes in parts of 8 MiB
    assertThat(value(metrics, "piecework_budget_used{budget=\"slots\"}")).isZero();
    assertThat(value(metrics, "piecework_budget_used{budget=\"uploads\"}")).isZero();
    assertThat(value(metrics, "piecework_broker_connected")).isEqualTo(1);
  }

  private static double value(Map<String, Double> metrics, String sample) {
    assertThat(metrics).containsKey(sample);
    return metrics.getOrDefault(sample, Double.NaN);
  }

  private Map<String, Object> properties(TestBroker broker, TestDatabase database, S3Server store) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.store.endpoint", store.endpoint().toString());
    properties.put("piecework.store.access-key", store.accessKey());
    properties.put("piecework.store.secret-key", store.secretKey());
    properties.put("piecework.scratch.directory", folder.resolve("scratch").toString());
    properties.put("piecework.network.local", true);
    return properties;
  }

  private static JobMessage job(TestTorrent torrent, String peer) {
    return job("end-to-end", "sets/", torrent, peer);
  }

  private static JobMessage job(String id, String prefix, TestTorrent torrent, String peer) {
    return new JobMessage(
        1,
        id,
        JobSource.Inline.of(torrent.metainfo()),
        new Destination("data", prefix),
        new JobOptions(
            0,
            Optional.empty(),
            Optional.empty(),
            List.of(peer),
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of("team", "x")));
  }

  private static SortedMap<String, String> stored(S3Server store) {
    return stored(store, "sets/");
  }

  private static SortedMap<String, String> stored(S3Server store, String prefix) {
    SortedMap<String, String> sums = new TreeMap<>(store.sums("data", prefix));
    sums.keySet().removeIf(key -> key.contains(".piecework/"));
    return sums;
  }

  private static SortedMap<String, String> expected(Path tree) {
    return expected(tree, "set/");
  }

  private static SortedMap<String, String> expected(Path tree, String name) {
    SortedMap<String, String> sums = new TreeMap<>();
    Content.sums(tree).forEach((path, sum) -> sums.put(name + path, sum));
    return sums;
  }
}
