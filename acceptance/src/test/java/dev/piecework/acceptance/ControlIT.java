package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Pause, resume and cancel by the command line, of jobs at workers that run as processes. */
class ControlIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long BYTES_PER_SECOND = 6 * MEBIBYTE;
  private static final Map<String, String> SETTINGS =
      Map.of(
          "PIECEWORK_WORKER_LEASE", "5s",
          "PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms",
          "PIECEWORK_WORKER_SLOTS", "1");

  @TempDir private static Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static TestTorrent torrent;

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static TestTorrent other;

  @BeforeAll
  static void makeContent() {
    Path content = folder.resolve("set");
    Content.file(content.resolve("big.bin"), 64 * MEBIBYTE + 1, 1);
    // So many that some are whole long before all is.
    Content.manySmall(content.resolve("small"), 60, 300_000, 3);
    torrent = TorrentMaker.of(content).make();
    Path second = folder.resolve("other");
    Content.file(second.resolve("second.bin"), 64 * MEBIBYTE + 1, 2);
    other = TorrentMaker.of(second).make();
  }

  private static RunningClient seeder(TestTorrent of) {
    return Client.LIBTORRENT.seed(of, ClientOptions.none().upload(BYTES_PER_SECOND));
  }

  /** The job's id, when two of its parts are in the store. */
  private static String halfWay(Fleet fleet) {
    Awaitility.await("parts")
        .atMost(Fleet.LIMIT)
        .until(() -> fleet.count("SELECT count(*) FROM piecework_part WHERE length > 8000000") > 1);
    return fleet.await(EventType.STARTED, 1).jobId();
  }

  private static JsonNode ordered(Fleet fleet, String... arguments) {
    ManagedProcess command = fleet.cli(arguments);
    assertThat(command.awaitExit(Fleet.LIMIT)).as(command::describe).isZero();
    return JSON.readTree(command.stdout()).path("jobs").path(0);
  }

  private static String state(Fleet fleet, String job) {
    return ordered(fleet, "get", job, "-o", "json").path("state").asString("");
  }

  @Test
  void aJobIsPausedAndResumedWhicheverWorkerIsAskedAndArrivesWhole() throws Exception {
    try (Fleet fleet = Fleet.start(SETTINGS);
        RunningClient seeder = seeder(torrent)) {
      List<FleetWorker> workers = fleet.twoWorkers();
      Submitted submitted = fleet.submit(torrent, "paused/", seeder);
      String job = halfWay(fleet);
      // So that the job does not end before it has been asked about often enough.
      seeder.process().freeze();
      int rounds = 0;
      do {
        rounds++;
        JsonNode paused = ordered(fleet, "pause", job, "--reason", "test", "-o", "json");
        assertThat(paused.path("state").asString("")).isEqualTo("paused");
        assertThat(paused.path("reason").asString("")).isEqualTo("by order: test");
        assertThat(paused.has("worker")).isFalse();
        if (rounds == 1) {
          // In later rounds it may be complete already.
          assertThat(fleet.store().openUploads(Fleet.BUCKET)).hasSize(1);
        }
        // A third request each round: the broker gives them to the workers in turns.
        assertThat(state(fleet, job)).isEqualTo("paused");
        ordered(fleet, "resume", job, "-o", "json");
        fleet.await(EventType.STARTED, rounds + 1);
      } while (rounds < 10
          && !workers.stream()
              .allMatch(worker -> worker.process().stdout().contains("asked to pause")));
      seeder.process().thaw();
      assertThat(workers)
          .as("both were asked, one of them had the job")
          .allMatch(worker -> worker.process().stdout().contains("asked to pause"));

      JsonNode completed = submitted.awaitCompleted();

      Arrival.check(fleet, torrent, "paused/", completed);
      assertThat(fleet.events(EventType.PAUSED)).hasSize(rounds);
      assertThat(fleet.events(EventType.RESUMED)).hasSize(rounds);
      ManagedProcess late = fleet.cli("cancel", job);
      assertThat(late.awaitExit(Fleet.LIMIT)).isEqualTo(ExitCode.CONFLICT.code());
      assertThat(late.stderr()).contains("has completed: there is nothing left to cancel");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRunningJobThatIsCancelledLeavesNothingOpen(boolean deleteObjects) throws Exception {
    try (Fleet fleet = Fleet.start(SETTINGS);
        RunningClient seeder = seeder(torrent)) {
      fleet.twoWorkers();
      Submitted submitted = fleet.submit(torrent, "cancelled/", seeder);
      String job = halfWay(fleet);
      Awaitility.await("small objects")
          .atMost(Fleet.LIMIT)
          .until(
              () -> fleet.count("SELECT count(*) FROM piecework_part WHERE length < 8000000") > 0);
      seeder.process().freeze();

      ordered(
          fleet,
          deleteObjects
              ? new String[] {"cancel", job, "--delete-objects", "-o", "json"}
              : new String[] {"cancel", job, "-o", "json"});

      assertThat(state(fleet, job)).isEqualTo("cancelled");
      assertThat(fleet.store().openUploads(Fleet.BUCKET)).isEmpty();
      assertThat(fleet.store().objects(Fleet.BUCKET).isEmpty()).isEqualTo(deleteObjects);
      assertThat(fleet.await(EventType.CANCELLED, 1).data())
          .isEqualTo(new EventData.Cancelled(deleteObjects));
      assertThat(submitted.process().awaitExit(Fleet.LIMIT)).isEqualTo(ExitCode.JOB_FAILED.code());
      assertThat(fleet.count("SELECT count(*) FROM piecework_part")).isZero();
      assertThat(fleet.scratch(job)).isEmpty();
    }
  }

  @Test
  void aQueuedJobIsCancelledWhileTheOnlyWorkerIsBusy() throws Exception {
    try (Fleet fleet = Fleet.start(SETTINGS);
        RunningClient seeder = seeder(torrent);
        RunningClient otherSeeder = seeder(other)) {
      fleet.worker("one").awaitUp();
      fleet.submit(torrent, "first/", seeder);
      String first = halfWay(fleet);
      fleet.submit(other, "second/", otherSeeder);
      ordered(fleet, "pause", first, "-o", "json");
      fleet.await(EventType.STARTED, 2);
      assertThat(ordered(fleet, "resume", first, "-o", "json").path("state").asString(""))
          .isEqualTo("queued");

      ordered(fleet, "cancel", first, "--delete-objects", "-o", "json");

      assertThat(state(fleet, first)).isEqualTo("cancelled");
      fleet.await(EventType.COMPLETED, 1);
      assertThat(fleet.events(EventType.STARTED)).hasSize(2);
      assertThat(fleet.store().objects(Fleet.BUCKET).keySet())
          .isNotEmpty()
          .noneMatch(key -> key.startsWith("first/"));
      assertThat(fleet.store().openUploads(Fleet.BUCKET)).isEmpty();
    }
  }

  @Test
  void aWorkerThatIsKilledWhileItClearsAwayIsReplaced() throws Exception {
    try (Fleet fleet = Fleet.start(SETTINGS);
        RunningClient seeder = seeder(torrent)) {
      FleetWorker first =
          fleet
              .worker(
                  "one",
                  Map.of("PIECEWORK_STORE_ENDPOINT", fleet.store().faultyEndpoint().toString()))
              .awaitUp();
      fleet.submit(torrent, "killed/", seeder);
      String job = halfWay(fleet);
      ordered(fleet, "pause", job, "-o", "json");

      fleet.store().proxy().pause();
      ManagedProcess cancel = fleet.cli("cancel", job, "--delete-objects", "--timeout", "2s");
      assertThat(cancel.awaitExit(Fleet.LIMIT)).isEqualTo(ExitCode.TIMEOUT.code());
      assertThat(cancel.stderr()).contains("ordered, but not in effect yet: it is cancelling");
      first.process().kill();
      fleet.worker("two").awaitUp();

      assertThat(fleet.await(EventType.CANCELLED, 1).data())
          .isEqualTo(new EventData.Cancelled(true));
      assertThat(fleet.store().openUploads(Fleet.BUCKET)).isEmpty();
      assertThat(fleet.store().objects(Fleet.BUCKET)).isEmpty();
      assertThat(fleet.events(EventType.CANCELLED)).hasSize(1);
    }
  }
}
