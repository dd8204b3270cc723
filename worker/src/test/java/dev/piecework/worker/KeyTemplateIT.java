package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys by a template of the job's own, over a change of workers. */
class KeyTemplateIT {
  private static final long MEBIBYTE = 1L << 20;

  @TempDir private Path folder = Path.of("");

  @Test
  void anotherWorkerGoesOnWithTheSameKeys() throws Exception {
    Path tree = folder.resolve("in/set");
    Content.file(tree.resolve("a/one.bin"), 17 * MEBIBYTE + 1, 1);
    Content.file(tree.resolve("two.bin"), 300_000, 2);
    TestTorrent torrent = TorrentMaker.of(tree).pieceBytes(262_144).make();
    try (TestBroker broker = TestBroker.start();
        TestDatabase database = TestDatabase.h2();
        S3Server store = S3Server.start("data");
        RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      JobMessage job = job(torrent, seeder);
      try (WorkerApplication one =
          WorkerApplication.start(properties("one", broker, database, store))) {
        broker.submit(job);
        Await.until(
            "a part", Duration.ofMinutes(1), () -> one.ready() && parts(database, job.id()) > 0);
      }
      try (WorkerApplication two =
          WorkerApplication.start(properties("two", broker, database, store))) {
        EventData.Completed completed =
            (EventData.Completed) broker.await(job.id(), EventType.COMPLETED).data();

        String top = "climate/" + torrent.infoHash().hex() + "/";
        String manifest = "sets/.piecework/" + torrent.infoHash().hex() + ".json";
        assertThat(completed.manifestKey()).as("%s", two).isEqualTo(manifest);
        assertThat(store.objects("data").keySet())
            .isEqualTo(Set.of(top + "a/one.bin", top + "two.bin", manifest));
        assertThat(store.sums("data", top)).isEqualTo(Content.sums(tree));
        assertThat(completed.objects().stream().map(EventData.FinishedObject::key))
            .containsExactlyInAnyOrder(top + "a/one.bin", top + "two.bin");
        assertThat(store.openUploads("data")).isEmpty();
      }
    }
  }

  private static int parts(TestDatabase database, String job) {
    return database
        .jdbc()
        .sql("SELECT COUNT(*) FROM piecework_part WHERE job_id = :id")
        .param("id", job)
        .query(Integer.class)
        .single();
  }

  private static JobMessage job(TestTorrent torrent, RunningClient seeder) {
    return new JobMessage(
        1,
        "by-template",
        JobSource.Inline.of(torrent.metainfo()),
        new Destination("data", "sets/", Optional.of("{label:team}/{infohash}/{file}")),
        new JobOptions(
            0,
            Optional.empty(),
            Optional.empty(),
            List.of("127.0.0.1:" + seeder.address().getPort()),
            Optional.empty(),
            4 * MEBIBYTE,
            0,
            Optional.empty(),
            Map.of("team", "climate")));
  }

  private Map<String, Object> properties(
      String host, TestBroker broker, TestDatabase database, S3Server store) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.store.endpoint", store.endpoint().toString());
    properties.put("piecework.store.access-key", store.accessKey());
    properties.put("piecework.store.secret-key", store.secretKey());
    properties.put("piecework.scratch.directory", folder.resolve(host).toString());
    properties.put("piecework.network.local", true);
    properties.put("piecework.worker.sweep-interval", "100ms");
    return properties;
  }
}
