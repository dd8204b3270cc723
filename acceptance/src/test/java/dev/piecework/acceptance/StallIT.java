package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * A worker that stands still for longer than its lease (a long pause of its machine, a frozen
 * container) and wakes when another has finished its job.
 */
class StallIT {
  private static final long BYTES_PER_SECOND = 16 * MEBIBYTE;
  private static final int MEBIBYTES = 64;

  private static final Map<String, String> SHORT_LEASE =
      Map.of(
          "PIECEWORK_WORKER_LEASE", "3s",
          "PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms",
          "PIECEWORK_CLEANUP_INTERVAL", "500ms",
          "PIECEWORK_CLEANUP_UPLOAD_AGE", "10s",
          "PIECEWORK_STORE_CALL_TIMEOUT", "10s");

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"one", "two"})
  void aSleeperWakesAndDoesNoHarm(String hostOfTheOther) throws Exception {
    TestTorrent torrent = torrent("set.bin", MEBIBYTES);
    try (Fleet fleet = Fleet.start(SHORT_LEASE);
        RunningClient seeder = seeder(torrent)) {
      FleetWorker sleeper = fleet.worker("one").awaitUp();
      Submitted submitted = fleet.submit(torrent, "", seeder);
      seeder
          .process()
          .awaitReady(
              "having given a quarter",
              Fleet.LIMIT,
              () -> seeder.progress().uploadedBytes() >= MEBIBYTES * MEBIBYTE / 4);
      int seederPort = seeder.address().getPort();
      assertThat(OpenFiles.of(sleeper.process().pid()).connectionsTo(seederPort)).isPositive();

      sleeper.process().freeze();
      FleetWorker other = fleet.worker(hostOfTheOther).awaitUp();
      JsonNode job = submitted.awaitCompleted();

      JobEvent second = fleet.events(EventType.STARTED).get(1);
      assertThat(other.sent(second)).isTrue();
      awaitNoStrays(fleet);
      Arrival.check(fleet, torrent, "", job);
      List<Long> before = rows(fleet);
      int events = fleet.events().size();

      sleeper.process().thaw();
      sleeper.process().awaitOutput("another worker has", Fleet.LIMIT);

      Awaitility.await("the sleeper's hands to be empty")
          .atMost(Fleet.LIMIT)
          .untilAsserted(() -> {
            OpenFiles open = OpenFiles.of(sleeper.process().pid());
            assertThat(open.segments()).isZero();
            assertThat(open.connectionsTo(seederPort)).isZero();
          });
      assertThat(rows(fleet)).isEqualTo(before);
      assertThat(fleet.events()).hasSize(events);
      Arrival.check(fleet, torrent, "", job);
      Figures.print(
          "a sleeper on the %s host: the seeder gave %s twice",
          hostOfTheOther.equals("one") ? "same" : "other",
          Figures.mebibytes(seeder.progress().uploadedBytes() - torrent.totalBytes()));

      other.process().terminate();
      other.process().awaitExit(Fleet.LIMIT);
      worksOn(fleet, sleeper);
    }
  }

  @Test
  void aSleeperWhoseJobNobodyTookGoesOn() throws Exception {
    TestTorrent torrent = torrent("set.bin", MEBIBYTES);
    try (Fleet fleet = Fleet.start(SHORT_LEASE);
        RunningClient seeder = seeder(torrent)) {
      FleetWorker sleeper = fleet.worker("one").awaitUp();
      Submitted submitted = fleet.submit(torrent, "", seeder);
      seeder
          .process()
          .awaitReady(
              "having given a quarter",
              Fleet.LIMIT,
              () -> seeder.progress().uploadedBytes() >= MEBIBYTES * MEBIBYTE / 4);
      sleeper.process().freeze();
      Awaitility.await("the end of its lease")
          .atMost(Fleet.LIMIT)
          .until(() ->
              fleet.count("SELECT count(*) FROM piecework_job WHERE lease_until < now()") == 1);
      sleeper.process().thaw();

      JsonNode job = submitted.awaitCompleted();

      Arrival.check(fleet, torrent, "", job);
    }
  }

  /** An upload that was begun just before the sleep, and so is in no checkpoint, is aborted. */
  private static void awaitNoStrays(Fleet fleet) {
    Awaitility.await("strays to be aborted")
        .atMost(Fleet.LIMIT)
        .until(() -> fleet.count("SELECT count(*) FROM piecework_upload_intent") == 0);
  }

  /** The sleeper is a worker like any other again. */
  private void worksOn(Fleet fleet, FleetWorker sleeper) throws Exception {
    TestTorrent next = torrent("next.bin", 8);
    try (RunningClient seeder = seeder(next)) {
      JsonNode job = fleet.submit(next, "next/", seeder).awaitCompleted();
      assertThat(sleeper.sent(fleet.events(EventType.STARTED).getLast())).isTrue();
      Arrival.check(fleet, next, "next/", job);
    }
  }

  /** Everything that a worker could write of a job. */
  private static List<Long> rows(Fleet fleet) throws Exception {
    return List.of(
        fleet.count("SELECT sum(epoch) FROM piecework_job"),
        fleet.count("SELECT sum(downloaded_bytes) FROM piecework_job"),
        fleet.count("SELECT count(*) FROM piecework_job_transition"),
        fleet.count("SELECT count(*) FROM piecework_outbox"),
        fleet.count("SELECT count(*) FROM piecework_part"),
        fleet.count("SELECT count(*) FROM piecework_upload"));
  }

  private TestTorrent torrent(String name, int mebibytes) {
    return TorrentMaker.of(
            Content.file(folder.resolve(name), mebibytes * MEBIBYTE + 9, name.length()))
        .make();
  }

  private static RunningClient seeder(TestTorrent torrent) {
    return Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(BYTES_PER_SECOND));
  }
}
