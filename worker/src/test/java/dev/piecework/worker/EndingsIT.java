package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One fault for each job, half-way through it, and the right ending: the job completes, once, its
 * objects are the content, and nothing is left open. A proxy before the seeder holds the download
 * while the harm is done.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EndingsIT {
  private static final long MEBIBYTE = 1L << 20;
  private static final int PIECE = 262_144;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration DISK_LIMIT = Duration.ofSeconds(20);

  @SuppressWarnings("NullAway.Init") // JUnit sets it before any test.
  @TempDir
  private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private RabbitBroker rabbit;

  @SuppressWarnings("NullAway.Init")
  private PostgresDatabase postgres;

  @SuppressWarnings("NullAway.Init")
  private TestBroker broker;

  @SuppressWarnings("NullAway.Init")
  private TestDatabase database;

  @SuppressWarnings("NullAway.Init")
  private S3Server store;

  @SuppressWarnings("NullAway.Init")
  private TestTorrent torrent;

  @SuppressWarnings("NullAway.Init")
  private RunningClient seeder;

  @SuppressWarnings("NullAway.Init")
  private FaultProxy line;

  @SuppressWarnings("NullAway.Init")
  private TestWorkers workers;

  private String job = "";
  private Path scratch = Path.of("");
  private int jobs;

  @BeforeAll
  void openServices() throws Exception {
    rabbit = RabbitBroker.privateNode();
    broker = TestBroker.of(rabbit);
    postgres = PostgresDatabase.privateServer();
    database = TestDatabase.of(postgres);
    store = S3Server.start("data");
    workers = new TestWorkers(broker, database, store);
    Path tree = folder.resolve("in/set");
    Content.file(tree.resolve("a-small.bin"), MEBIBYTE, 1);
    Content.file(tree.resolve("big.bin"), 20 * MEBIBYTE + 3, 2);
    torrent = TorrentMaker.of(tree).pieceBytes(PIECE).make();
    seeder = Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(8 * MEBIBYTE));
    line = FaultProxy.tcp(seeder.address());
  }

  @AfterAll
  void closeServices() throws Exception {
    line.close();
    seeder.close();
    store.close();
    database.close();
    broker.close();
  }

  @BeforeEach
  void newJob() {
    job = "ends-" + ++jobs;
    scratch = folder.resolve("scratch-" + jobs);
  }

  @AfterEach
  void closeWorkers() {
    line.resume();
    workers.close();
  }

  private void worker(String... more) {
    List<Object> settings =
        new ArrayList<>(
            List.of(
                "piecework.worker.checkpoint-interval",
                "200ms",
                "piecework.retry.first-delay",
                "300ms",
                "piecework.retry.max-attempts",
                20,
                "piecework.cleanup.interval",
                "500ms",
                "piecework.cleanup.upload-age",
                "10s",
                "piecework.store.call-timeout",
                "10s"));
    settings.addAll(List.of(more));
    workers.start(scratch, settings.toArray());
  }

  private void submit() throws Exception {
    workers.submit(job, torrent, line.address());
  }

  /** Runs the job until so many parts and so many pieces are written down, and holds it there. */
  private void half(int parts, int pieces) throws Exception {
    submit();
    await(
        "half of the job",
        () ->
            count("SELECT count(*) FROM piecework_part WHERE job_id = :id") >= parts
                && stored() >= pieces);
    line.pause();
    assertThat(state()).as("too late to do harm").isEqualTo("RUNNING");
  }

  /** Bytes that lie in segments, in pieces. */
  private long stored() throws IOException {
    long bytes = 0;
    for (Path segment : segments()) {
      bytes += (long) Files.getAttribute(segment, "unix:size");
    }
    return bytes / PIECE;
  }

  private List<Path> segments() throws IOException {
    Path own = scratch.resolve("jobs").resolve(job);
    if (!Files.isDirectory(own)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(own)) {
      return files.filter(file -> file.getFileName().toString().startsWith("segment")).toList();
    }
  }

  private int count(String sql) {
    return database.jdbc().sql(sql).param("id", job).query((row, number) -> row.getInt(1)).single();
  }

  private String state() {
    return database
        .jdbc()
        .sql("SELECT state FROM piecework_job WHERE id = :id")
        .param("id", job)
        .query((row, number) -> row.getString(1))
        .single();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(String what, Condition condition) {
    Awaitility.await(what).atMost(LIMIT).ignoreExceptions().until(condition::holds);
  }

  /** Lets the job go on, and sees that it ends as if nothing had been. */
  private void endsWell() throws Exception {
    line.resume();
    broker.await(job, EventType.COMPLETED);
    await("the end in the row", () -> state().equals("COMPLETED"));
    await("an empty scratch", () -> segments().isEmpty());
    await("no open upload", () -> store.openUploads("data").isEmpty());
    await(
        "an empty outbox",
        () ->
            count("SELECT count(*) FROM piecework_outbox WHERE NOT published AND :id <> ''") == 0);
    await("no message", () -> broker.ready() == 0 && rabbit.unacknowledged("piecework.jobs") == 0);
    List<String> story = broker.story(job);
    assertThat(story.stream().filter(event -> event.startsWith("completed"))).hasSize(1);
    assertThat(story.stream().filter(event -> event.startsWith("failed"))).isEmpty();
    SortedMap<String, String> sums = new TreeMap<>(store.sums("data", job + "/"));
    sums.keySet().removeIf(key -> key.contains(".piecework/"));
    SortedMap<String, String> expected = new TreeMap<>();
    Content.sums(torrent.content()).forEach((path, sum) -> expected.put("set/" + path, sum));
    assertThat(sums).isEqualTo(expected);
  }

  private String retriedFor() {
    EventData.Retrying why = (EventData.Retrying) broker.await(job, EventType.RETRYING).data();
    return why.code();
  }

  @Test
  void aDiskThatIsFullForAWhile() throws Exception {
    smallDisk();
    try {
      worker();
      submit();
      await("a full disk", () -> Files.getFileStore(scratch).getUsableSpace() == 0);
      disk("mount", "-o", "remount,size=64m");

      // The job has waited for room.
      endsWell();
      assertThat(broker.story(job)).doesNotContain("retrying@1", "started@2");
    } finally {
      closeWorkers();
      disk("umount");
    }
  }

  @Test
  void aDiskThatIsFullForLongerThanAJobWaits() throws Exception {
    smallDisk();
    try {
      worker("piecework.scratch.full-timeout", "1s");
      submit();
      assertThat(retriedFor()).isEqualTo("SCRATCH_FAILED");
      disk("mount", "-o", "remount,size=64m");

      endsWell();
    } finally {
      closeWorkers();
      disk("umount");
    }
  }

  /** Smaller than a part of the large file. */
  private void smallDisk() throws IOException {
    Files.createDirectories(scratch);
    if (disk("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs") != 0) {
      Needs.absent("a small tmpfs cannot be mounted", "run the tests as root");
    }
  }

  private int disk(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.add(scratch.toString());
    return Processes.command(all).run(DISK_LIMIT).exitCode();
  }

  @Test
  void aScratchFolderThatIsDeleted() throws Exception {
    worker();
    half(1, 8);
    deleteAll(scratch.resolve("jobs").resolve(job));

    endsWell();
  }

  @Test
  void theWholeScratchFolderIsDeleted() throws Exception {
    worker();
    half(1, 8);
    deleteAll(scratch);

    endsWell();
  }

  private static void deleteAll(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void aByteThatFlipsBetweenDiskAndStore() throws Exception {
    worker();
    submit();
    await("a piece of the large file in scratch", this::flip);
    assertThat(retriedFor()).isEqualTo("SCRATCH_FAILED");
    endsWell();
  }

  /** Changes a byte of a piece that has just been written; the part that it is in takes longer. */
  private boolean flip() throws IOException {
    for (Path segment : segments()) {
      try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
        for (long at = 8L * PIECE; at < file.length(); at += PIECE) {
          file.seek(at);
          long was = file.readLong();
          if (was != 0) {
            file.seek(at);
            file.writeLong(was ^ 0x40);
            return true;
          }
        }
      }
    }
    return false;
  }

  @Test
  void anUploadThatTheStoreForgets() throws Exception {
    worker();
    half(2, 8);
    assertThat(store.abortUploads("data")).isEqualTo(1);

    endsWell();
  }

  @Test
  void anObjectThatSomebodyChangesBeforeItIsVerified() throws Exception {
    worker();
    // So that the job does not end before its object is changed.
    store.faults().answer(503, request -> request.uploadsPart());
    submit();
    String key = job + "/set/a-small.bin";
    await("the small object", () -> store.objects("data").containsKey(key));
    store.write("data", key, new byte[(int) MEBIBYTE]);
    store.faults().clear();

    assertThat(retriedFor()).isEqualTo("VERIFY_FAILED");
    endsWell();
  }

  @Test
  void aBrokerThatIsRestarted() throws Exception {
    worker();
    half(1, 4);
    rabbit.kill();
    line.resume();
    await("the work to be done without it", () -> state().equals("COMPLETED"));
    rabbit.restart();

    endsWell();
  }

  @Test
  void aBrokerThatWaitsNoLongerForTheAcknowledgement() throws Exception {
    rabbit.acknowledgeWithin(Duration.ofSeconds(2));
    try {
      worker();
      half(1, 4);
      // The broker has taken the message back, and delivered it again: the row has its job.
      await(
          "the message's second delivery",
          () -> broker.ready() == 0 && rabbit.unacknowledged("piecework.jobs") == 0);
      assertThat(state()).isEqualTo("RUNNING");

      endsWell();
      assertThat(broker.story(job)).filteredOn("started@1"::equals).hasSize(1);
      assertThat(broker.story(job)).doesNotContain("started@2");
    } finally {
      rabbit.acknowledgeWithin(Duration.ofMinutes(30));
    }
  }

  @Test
  void aDatabaseThatIsRestarted() throws Exception {
    worker();
    half(1, 4);
    postgres.kill();
    line.resume();
    postgres.restart();

    endsWell();
  }

  @Test
  void aStoreThatAnswersErrors() throws Exception {
    worker();
    half(1, 4);
    store.faults().answerNext(2, 500, request -> request.uploadsPart());
    store.faults().answerNext(2, 503, request -> request.completesUpload());
    store.faults().loseNextAnswer(1, request -> request.completesUpload());

    endsWell();
  }

  @Test
  void aJobThatFailedAndIsRetriedOnItsHostFetchesNothingTwice() throws Exception {
    worker("piecework.retry.max-attempts", "1", "piecework.store.retries", "0");
    store.faults().answer(500, request -> request.uploadsPart() && request.target().contains(job));
    submit();
    broker.await(job, EventType.FAILED);
    await("the end in the row", () -> state().equals("FAILED"));
    long kept = stored();
    assertThat(kept).as("pieces that a retry can use").isPositive();

    store.faults().clear();
    submit();
    EventData.Completed done = (EventData.Completed) broker.await(job, EventType.COMPLETED).data();

    // A piece that was under way in memory is fetched again.
    assertThat(done.downloadedBytes() - torrentBytes()).isLessThan(kept * PIECE / 2);
    await("an empty scratch", () -> segments().isEmpty());
  }

  private static long torrentBytes() {
    return 21 * MEBIBYTE + 3;
  }

  @Test
  void aStoreThatIsGoneForAWhile() throws Exception {
    worker("piecework.store.retries", "1");
    half(1, 4);
    store.proxy().refuse(true);
    store.proxy().cut();
    line.resume();
    await("the worker's notice of it", () -> !workers.first().ready());
    store.proxy().refuse(false);

    // The job has waited: that the store was away is no fault of its own.
    endsWell();
    assertThat(broker.story(job)).doesNotContain("retrying@1", "started@2");
  }

  @Test
  void aStoreThatIsSlow() throws Exception {
    worker();
    half(1, 4);
    store.proxy().delay(Duration.ofMillis(10));

    endsWell();
  }
}
