package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventType;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * {@code kill -9} of the worker that has the job. The seeder's own count of what it gave is the
 * witness for what was fetched twice; it gives at a limited rate, so that there is a half-way.
 *
 * <p>{@code -Dpiecework.test.kill=1024} makes it so many MiB.
 */
class KillIT {
  private static final long BYTES_PER_SECOND = 24 * MEBIBYTE;
  private static final long OTHER_HOST_LIMIT = 64 * MEBIBYTE;
  private static final long SAME_HOST_LIMIT = 2 * BYTES_PER_SECOND;

  /** The defaults, shortened: waiting for them is not what is tested. */
  private static final Map<String, String> SHORT_LEASE =
      Map.of(
          "PIECEWORK_WORKER_LEASE", "5s",
          "PIECEWORK_WORKER_SWEEP_INTERVAL", "1s",
          "PIECEWORK_CLEANUP_INTERVAL", "1s",
          "PIECEWORK_CLEANUP_UPLOAD_AGE", "10s",
          "PIECEWORK_STORE_CALL_TIMEOUT", "10s");

  /** A job that is to fail where objects are must not take its own for somebody else's. */
  private static final Map<String, String> FAILS_ON_OBJECTS =
      Map.of("PIECEWORK_WORKER_ON_EXISTING", "fail");

  @TempDir private static Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static TestTorrent torrent;

  @BeforeAll
  static void makeContent() {
    Path content = folder.resolve("set");
    long bytes = Figures.bytes("piecework.test.kill", 200);
    Content.file(content.resolve("big.bin"), bytes * 3 / 4 + 1, 1);
    Content.file(content.resolve("second.bin"), bytes / 4, 2);
    Content.manySmall(content.resolve("small"), 20, 30_000, 3);
    torrent = TorrentMaker.of(content).make();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 50, 90})
  void aWorkerOnAnotherHostFinishes(int percent) throws Exception {
    try (Fleet fleet = Fleet.start(SHORT_LEASE);
        RunningClient seeder = seeder()) {
      List<FleetWorker> workers =
          List.of(fleet.worker("one", FAILS_ON_OBJECTS), fleet.worker("two", FAILS_ON_OBJECTS));
      workers.forEach(FleetWorker::awaitUp);
      Submitted submitted = fleet.submit(torrent, "killed/", seeder);
      FleetWorker killed = killAt(fleet, workers, seeder, percent);
      FleetWorker other = workers.get(killed.host().equals("one") ? 1 : 0);

      JsonNode job = submitted.awaitCompleted();

      assertThat(other.sent(fleet.events(EventType.STARTED).getLast())).isTrue();
      long twice = fetchedTwice("another host", percent, seeder, job);
      assertThat(twice).isBetween(0L, OTHER_HOST_LIMIT);
      Arrival.check(fleet, torrent, "killed/", job);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 50, 90})
  void aWorkerOnTheSameHostFinishes(int percent) throws Exception {
    try (Fleet fleet = Fleet.start(SHORT_LEASE);
        RunningClient seeder = seeder()) {
      FleetWorker first = fleet.worker("one").awaitUp();
      Submitted submitted = fleet.submit(torrent, "killed/", seeder);
      killAt(fleet, List.of(first), seeder, percent);
      FleetWorker second = fleet.worker("one").awaitUp();

      JsonNode job = submitted.awaitCompleted();

      assertThat(second.sent(fleet.events(EventType.STARTED).getLast())).isTrue();
      long twice = fetchedTwice("the same host", percent, seeder, job);
      assertThat(twice).isBetween(0L, SAME_HOST_LIMIT);
      Arrival.check(fleet, torrent, "killed/", job);
    }
  }

  private static RunningClient seeder() {
    return Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(BYTES_PER_SECOND));
  }

  private static FleetWorker killAt(
      Fleet fleet, List<FleetWorker> workers, RunningClient seeder, int percent) {
    seeder
        .process()
        .awaitReady(
            "having given " + percent + " percent",
            Fleet.LIMIT,
            () -> seeder.progress().uploadedBytes() >= torrent.totalBytes() * percent / 100);
    FleetWorker running =
        workers.stream()
            .filter(worker -> worker.sent(fleet.await(EventType.STARTED, 1)))
            .findFirst()
            .orElseThrow();
    running.process().kill();
    assertThat(fleet.events(EventType.COMPLETED)).as("too late to kill").isEmpty();
    return running;
  }

  /**
   * What the seeder gave beyond one copy. The event's figure must agree, but for what a killed
   * worker could no longer write down: less than a checkpoint interval and the sockets' buffers.
   */
  private static long fetchedTwice(String where, int percent, RunningClient seeder, JsonNode job) {
    long given = seeder.progress().uploadedBytes() - torrent.totalBytes();
    long said = job.path("redundantBytes").asLong();
    Figures.print(
        "killed at %d percent of %s, finished on %s in %.1f s: the seeder gave %s twice,"
            + " the event says %s",
        percent,
        Figures.mebibytes(torrent.totalBytes()),
        where,
        job.path("seconds").asDouble(),
        Figures.mebibytes(given),
        Figures.mebibytes(said));
    assertThat(job.path("downloadedBytes").asLong() - torrent.totalBytes())
        .isLessThanOrEqualTo(said);
    assertThat(said).isBetween(Math.max(0, given - 2 * BYTES_PER_SECOND), given);
    return given;
  }
}
