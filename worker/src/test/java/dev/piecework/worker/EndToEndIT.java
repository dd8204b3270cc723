package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
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
    }
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
    return new JobMessage(
        1,
        "end-to-end",
        JobSource.Inline.of(torrent.metainfo()),
        new Destination("data", "sets/"),
        new JobOptions(
            0,
            Optional.empty(),
            Optional.empty(),
            List.of(peer),
            Optional.empty(),
            0,
            0,
            Map.of("team", "x")));
  }

  private static SortedMap<String, String> stored(S3Server store) {
    SortedMap<String, String> sums = new TreeMap<>(store.sums("data", "sets/"));
    sums.keySet().removeIf(key -> key.contains(".piecework/"));
    return sums;
  }

  private static SortedMap<String, String> expected(Path tree) {
    SortedMap<String, String> sums = new TreeMap<>();
    Content.sums(tree).forEach((path, sum) -> sums.put("set/" + path, sum));
    return sums;
  }
}
