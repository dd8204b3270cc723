package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.OnExisting;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectBody;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreSettings;
import dev.piecework.worker.store.StoredStat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** What a job does about objects that are in its destination already. */
class ExistingIT {
  private static final long MEBIBYTE = 1L << 20;
  private static final String BUCKET = "data";
  private static final String FOREIGN = "sets/set/small-0003";

  @TempDir private Path folder = Path.of("");

  private Path tree = Path.of("");
  private TestTorrent torrent;
  private TestBroker broker;
  private TestDatabase database;
  private S3Server server;
  private ObjectStore store;

  @SuppressWarnings("NullAway.Init") // JUnit calls open before any test.
  ExistingIT() {}

  @BeforeEach
  void open() throws Exception {
    tree = folder.resolve("in/set");
    for (int i = 0; i < 8; i++) {
      Content.file(tree.resolve("small-000" + i), 300_000 + i, i);
    }
    Content.file(tree.resolve("big.bin"), 20 * MEBIBYTE + 3, 99);
    torrent = TorrentMaker.of(tree).pieceBytes(262_144).make();
    broker = TestBroker.start();
    database = TestDatabase.h2();
    server = S3Server.start(BUCKET);
    store =
        new ObjectStore(
            new Binder(new MapConfigurationPropertySource(storeProperties()))
                .bind("piecework.store", StoreSettings.class)
                .get(),
            ObjectSettings.none());
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    server.close();
    database.close();
    broker.close();
  }

  private Map<String, Object> storeProperties() {
    return Map.of(
        "piecework.store.endpoint", server.endpoint().toString(),
        "piecework.store.access-key", server.accessKey(),
        "piecework.store.secret-key", server.secretKey());
  }

  private WorkerApplication worker(String host, Object... more) {
    Map<String, Object> properties = new HashMap<>(storeProperties());
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.scratch.directory", folder.resolve(host).toString());
    properties.put("piecework.network.local", true);
    properties.put("piecework.worker.sweep-interval", "100ms");
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    return WorkerApplication.start(properties);
  }

  private JobMessage job(String id, JobOptions options) {
    return new JobMessage(
        1, id, JobSource.Inline.of(torrent.metainfo()), new Destination(BUCKET, "sets/"), options);
  }

  private static JobOptions from(RunningClient seeder, long bytesPerSecond) {
    return new JobOptions(
        0,
        Optional.empty(),
        Optional.empty(),
        List.of("127.0.0.1:" + seeder.address().getPort()),
        Optional.empty(),
        bytesPerSecond,
        0,
        Optional.empty(),
        Map.of());
  }

  private SortedMap<String, String> stored() {
    return server.sums(BUCKET, "sets/set/");
  }

  private SortedMap<String, String> expected() {
    return new TreeMap<>(Content.sums(tree));
  }

  private void put(String key, String text, ObjectOrigin origin) throws Exception {
    store.putObject(
        BUCKET,
        key,
        ObjectBody.of(text.getBytes(StandardCharsets.UTF_8)),
        "text/plain",
        origin,
        new Cancellation());
  }

  private Optional<ObjectOrigin> origin(String key) throws Exception {
    return store.stat(BUCKET, key).flatMap(StoredStat::origin);
  }

  private static EventData.Completed completed(JobEvent event) {
    return (EventData.Completed) event.data();
  }

  private void completesFirst(RunningClient seeder) throws Exception {
    broker.submit(job("first", from(seeder, 0)));
    assertThat(completed(broker.await("first", EventType.COMPLETED)).keptObjects()).isZero();
  }

  @Test
  void skipNeedsNoSwarmWhereAManifestProvesEverything() throws Exception {
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent);
        WorkerApplication worker = worker("one")) {
      completesFirst(seeder);
      broker.submit(job("again", JobOptions.none().withOnExisting(OnExisting.SKIP)));

      EventData.Completed again = completed(broker.await("again", EventType.COMPLETED));

      assertThat(again.keptObjects()).as("%s", worker).isEqualTo(9);
      assertThat(again.objects()).hasSize(9);
      assertThat(again.downloadedBytes()).isZero();
      assertThat(broker.story("again"))
          .containsExactly("accepted@0", "started@1", "metadata@1", "completed@1");
      assertThat(origin("sets/set/big.bin").orElseThrow().jobId()).isEqualTo("first");
      assertThat(stored()).isEqualTo(expected());
    }
  }

  @Test
  void skipSendsWhatIsMissingOrNoLongerTheSame() throws Exception {
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent);
        WorkerApplication worker = worker("one")) {
      completesFirst(seeder);
      put(FOREIGN, "something else", new ObjectOrigin("somebody", "else"));
      store.delete(BUCKET, "sets/set/small-0005");
      broker.submit(job("again", from(seeder, 0).withOnExisting(OnExisting.SKIP)));

      EventData.Completed again = completed(broker.await("again", EventType.COMPLETED));

      assertThat(again.keptObjects()).as("%s", worker).isEqualTo(7);
      assertThat(broker.story("again").stream().filter("file-uploaded@1"::equals)).hasSize(2);
      assertThat(stored()).isEqualTo(expected());
      assertThat(origin(FOREIGN).orElseThrow().jobId()).isEqualTo("again");
      assertThat(origin("sets/set/big.bin").orElseThrow().jobId()).isEqualTo("first");
      // The manifest of the second job vouches for all, and so a third has nothing to do.
      broker.submit(job("third", JobOptions.none().withOnExisting(OnExisting.SKIP)));
      assertThat(completed(broker.await("third", EventType.COMPLETED)).keptObjects()).isEqualTo(9);
    }
  }

  @Test
  void skipGoesOnInAnotherWorker() throws Exception {
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      try (WorkerApplication one = worker("one")) {
        completesFirst(seeder);
        assertThat(one.ready()).isTrue();
        store.delete(BUCKET, "sets/set/big.bin");
        broker.submit(job("again", from(seeder, 4 * MEBIBYTE).withOnExisting(OnExisting.SKIP)));
        awaitParts("again", 1);
      }
      try (WorkerApplication two = worker("two")) {
        EventData.Completed again = completed(broker.await("again", EventType.COMPLETED));
        assertThat(again.keptObjects()).as("%s", two).isEqualTo(8);
        assertThat(stored()).isEqualTo(expected());
      }
    }
  }

  @Test
  void withoutAManifestNothingIsProvenAndAllIsSent() throws Exception {
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent);
        WorkerApplication worker = worker("one", "piecework.worker.on-existing", "skip")) {
      completesFirst(seeder);
      store.delete(BUCKET, "sets/.piecework/" + torrent.infoHash().hex() + ".json");
      broker.submit(job("again", from(seeder, 0)));

      EventData.Completed again = completed(broker.await("again", EventType.COMPLETED));

      assertThat(again.keptObjects()).as("%s", worker).isZero();
      assertThat(origin("sets/set/big.bin").orElseThrow().jobId()).isEqualTo("again");
    }
  }

  @Test
  void failNamesTheFirstKeyAndWritesNothing() throws Exception {
    put("sets/set/small-0006", "mine", new ObjectOrigin("somebody", "else"));
    put(FOREIGN, "mine", new ObjectOrigin("somebody", "else"));
    try (WorkerApplication worker = worker("one")) {
      broker.submit(job("careful", JobOptions.none().withOnExisting(OnExisting.FAIL)));

      JobEvent failed = broker.await("careful", EventType.FAILED);

      EventData.Failed data = (EventData.Failed) failed.data();
      assertThat(data.code()).as("%s", worker).isEqualTo("OBJECT_EXISTS");
      assertThat(data.reason()).contains(FOREIGN).doesNotContain("small-0006");
      assertThat(server.objects(BUCKET)).hasSize(2);
      assertThat(server.openUploads(BUCKET)).isEmpty();
    }
  }

  @Test
  void failCountsAManifestToo() throws Exception {
    String manifest = "sets/.piecework/" + torrent.infoHash().hex() + ".json";
    put(manifest, "{}", new ObjectOrigin("somebody", "else"));
    try (WorkerApplication worker = worker("one")) {
      broker.submit(job("careful", JobOptions.none().withOnExisting(OnExisting.FAIL)));

      JobEvent failed = broker.await("careful", EventType.FAILED);

      assertThat(((EventData.Failed) failed.data()).reason()).as("%s", worker).contains(manifest);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void failDoesNotFailOnItsOwnObjects(boolean metadata) throws Exception {
    Object[] settings = {
      "piecework.worker.on-existing", "fail", "piecework.objects.metadata", metadata
    };
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      try (WorkerApplication one = worker("one", settings)) {
        broker.submit(job("careful", from(seeder, 2 * MEBIBYTE)));
        Await.until(
            "some objects",
            Duration.ofMinutes(1),
            () -> one.ready() && server.objects(BUCKET).size() >= 3);
      }
      // As a kill would have left it: written, and in no checkpoint.
      database.jdbc().sql("DELETE FROM piecework_part WHERE job_id = 'careful'").update();
      try (WorkerApplication two = worker("two", settings)) {
        broker.await("careful", EventType.COMPLETED);
        assertThat(stored()).as("%s", two).isEqualTo(expected());
        assertThat(broker.story("careful")).contains("handed-back@1").doesNotContain("failed@2");
      }
    }
  }

  @Test
  void failSeesWhatAnotherJobHasPutThereMeanwhile() throws Exception {
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      try (WorkerApplication one = worker("one")) {
        broker.submit(job("careful", from(seeder, MEBIBYTE).withOnExisting(OnExisting.FAIL)));
        awaitParts("careful", 1);
        assertThat(one.ready()).isTrue();
      }
      String key =
          List.of("sets/set/small-0007", "sets/set/big.bin").stream()
              .filter(each -> !server.objects(BUCKET).containsKey(each))
              .findFirst()
              .orElseThrow();
      put(key, "mine", new ObjectOrigin("somebody", "else"));
      try (WorkerApplication two = worker("two")) {
        JobEvent failed = broker.await("careful", EventType.FAILED);
        assertThat(((EventData.Failed) failed.data()).reason()).as("%s", two).contains(key);
      }
    }
  }

  private void awaitParts(String job, int count) {
    Await.until(
        "parts of " + job,
        Duration.ofMinutes(1),
        () ->
            database
                    .jdbc()
                    .sql("SELECT COUNT(*) FROM piecework_part WHERE job_id = :id")
                    .param("id", job)
                    .query(Integer.class)
                    .single()
                >= count);
  }
}
