package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.HttpFaults;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * SIGTERM while a job is held at each of its stages: the worker gives it back and leaves with 143,
 * and another worker ends it. Nobody waits for a lease or for the broker: neither runs out here.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TermStagesIT {
  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

  @SuppressWarnings("NullAway.Init") // JUnit sets it before any test.
  @TempDir
  private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private Fleet fleet;

  @SuppressWarnings("NullAway.Init")
  private TestTorrent torrent;

  @SuppressWarnings("NullAway.Init")
  private RunningClient seeder;

  @SuppressWarnings("NullAway.Init")
  private FaultProxy line;

  @SuppressWarnings("NullAway.Init")
  private HttpServer web;

  private final AtomicInteger asked = new AtomicInteger();

  /** Where a job is held. */
  enum Stage {
    /** The server that has the torrent file accepts, and never answers the first who asks. */
    RESOLVING,
    /** The only peer does not let anybody in. */
    BEFORE_THE_FIRST_PEER,
    /** The peer has fallen silent half-way. */
    DOWNLOADING,
    /** The store has begun a part and takes no more of it. */
    UPLOADING,
    /** The store does not complete the upload. */
    VERIFYING,
    /** The store does not take the manifest. */
    PUBLISHING,
    /** Complete, and still giving. */
    SEEDING
  }

  @BeforeAll
  void open() throws Exception {
    fleet = Fleet.start(Map.of("PIECEWORK_WORKER_LEASE", "30m"));
    Path content = Content.file(folder.resolve("set.bin"), 17 * MEBIBYTE + 9, 1);
    torrent = TorrentMaker.of(content).make();
    seeder = Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(8 * MEBIBYTE));
    line = FaultProxy.tcp(seeder.address());
    web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    web.createContext(
        "/set.torrent",
        exchange -> {
          if (asked.incrementAndGet() > 1) {
            exchange.sendResponseHeaders(200, torrent.metainfo().length);
            exchange.getResponseBody().write(torrent.metainfo());
            exchange.close();
          }
        });
    web.start();
  }

  @AfterAll
  void close() throws IOException {
    web.stop(0);
    line.close();
    seeder.close();
    fleet.close();
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  void theJobIsGivenBackAndEndsElsewhere(Stage stage) throws Exception {
    String job = stage.name().toLowerCase(java.util.Locale.ROOT);
    FleetWorker first = worker(job + "-first").awaitUp();
    hold(stage);
    fleet.publish(message(job, stage));
    awaitHeld(job, stage);

    first.process().terminate();

    assertThat(first.process().awaitExit(STOP_LIMIT))
        .as(first.process()::describe)
        .isEqualTo(ExitCode.TERMINATED.code());
    assertThat(first.process().stdout()).doesNotContain("within the grace period");
    letGo();
    FleetWorker second = worker(job + "-second");
    endsOnce(job, stage);
    second.process().terminate();
    second.process().awaitExit(STOP_LIMIT);
  }

  private FleetWorker worker(String host) {
    return fleet.worker(
        host, Map.of("PIECEWORK_STORE_ENDPOINT", fleet.store().faultyEndpoint().toString()));
  }

  private JobMessage message(String job, Stage stage) {
    return new JobMessage(
        1,
        job,
        stage == Stage.RESOLVING
            ? new JobSource.Url(
                URI.create("http://127.0.0.1:" + web.getAddress().getPort() + "/set.torrent"))
            : JobSource.Inline.of(torrent.metainfo()),
        new Destination(Fleet.BUCKET, job + "/"),
        new JobOptions(
            0,
            Optional.empty(),
            stage == Stage.SEEDING ? Optional.of(Duration.ofHours(1)) : Optional.empty(),
            List.of("127.0.0.1:" + line.address().getPort()),
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of()));
  }

  private void hold(Stage stage) {
    switch (stage) {
      case BEFORE_THE_FIRST_PEER -> line.refuse(true);
      case VERIFYING -> fleet.store().faults().answer(503, HttpFaults.Request::completesUpload);
      case PUBLISHING -> fleet.store().faults().answer(503, TermStagesIT::putsManifest);
      // Of every 64 KiB.
      case UPLOADING -> fleet.store().proxy().delay(Duration.ofMillis(200));
      case RESOLVING, DOWNLOADING, SEEDING -> {}
    }
  }

  private void awaitHeld(String job, Stage stage) {
    switch (stage) {
      case RESOLVING -> await("the server to be asked", () -> asked.get() == 1);
      case BEFORE_THE_FIRST_PEER -> await("a transfer", () -> count(job, EventType.PROGRESS) > 0);
      case DOWNLOADING -> {
        await("verified bytes", () -> verifiedBytes(job) > 2 * MEBIBYTE);
        line.pause();
      }
      case UPLOADING -> awaitRequest(HttpFaults.Request::uploadsPart, job);
      case VERIFYING -> awaitRequest(HttpFaults.Request::completesUpload, job);
      case PUBLISHING -> awaitRequest(TermStagesIT::putsManifest, job);
      case SEEDING -> await("seeding", () -> count(job, EventType.SEEDING) == 1);
    }
  }

  private void letGo() {
    line.refuse(false);
    line.resume();
    fleet.store().proxy().delay(Duration.ZERO);
    fleet.store().faults().clear();
  }

  private void endsOnce(String job, Stage stage) throws Exception {
    await("the end of " + job, () -> count(job, EventType.COMPLETED) == 1);
    await(
        "its row",
        () ->
            fleet.count(
                    "SELECT count(*) FROM piecework_job WHERE state = 'COMPLETED' AND id = '%s'"
                        .formatted(job))
                == 1);
    fleet.awaitQuiet();
    assertThat(count(job, EventType.COMPLETED)).isEqualTo(1);
    assertThat(count(job, EventType.HANDED_BACK)).isEqualTo(stage == Stage.SEEDING ? 0 : 1);
    assertThat(count(job, EventType.STARTED)).isEqualTo(stage == Stage.SEEDING ? 1 : 2);
    assertThat(count(job, EventType.RETRYING)).isZero();
    JobEvent completed =
        fleet.events(EventType.COMPLETED).stream()
            .filter(event -> event.jobId().equals(job))
            .findFirst()
            .orElseThrow();
    assertThat(completed.attempt()).as("a run that was handed back").isEqualTo(1);
    Arrival.checkStored(
        fleet.store(), Fleet.BUCKET, torrent, job + "/", (EventData.Completed) completed.data());
    assertThat(fleet.store().openUploads(Fleet.BUCKET)).isEmpty();
    // Where it was begun, its scratch waits for it to come back; see piecework.scratch.keep.
    await(
        "no scratch of it where it ended",
        () ->
            fleet.scratch(job).stream()
                .noneMatch(path -> path.toString().contains(hostOfTheEnd(job, stage))));
  }

  private static String hostOfTheEnd(String job, Stage stage) {
    return job + (stage == Stage.SEEDING ? "-first" : "-second");
  }

  private static boolean putsManifest(HttpFaults.Request request) {
    return request.putsObject() && request.target().contains(".piecework/");
  }

  private void awaitRequest(Predicate<HttpFaults.Request> which, String job) {
    await(
        "the request",
        () ->
            fleet.store().faults().seen().stream()
                .anyMatch(request -> which.test(request) && request.target().contains(job)));
  }

  private long verifiedBytes(String job) {
    return fleet.events(EventType.PROGRESS).stream()
        .filter(event -> event.jobId().equals(job))
        .mapToLong(event -> ((EventData.Progress) event.data()).verifiedBytes())
        .max()
        .orElse(0);
  }

  private long count(String job, EventType type) {
    return fleet.events(type).stream().filter(event -> event.jobId().equals(job)).count();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(String what, Condition condition) {
    Awaitility.await(what).atMost(Fleet.LIMIT).ignoreExceptions().until(condition::holds);
  }
}
