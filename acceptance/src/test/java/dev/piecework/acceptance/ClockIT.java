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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A worker's time of day jumps an hour ahead and an hour back, while its job waits for its only
 * peer. Nothing that lasts is measured by it.
 */
class ClockIT {
  private static final int MEBIBYTES = 48;

  @TempDir private Path folder = Path.of("");

  @Test
  void aClockThatJumpsEndsNothing() throws Exception {
    JumpingClock clock = JumpingClock.in(folder);
    TestTorrent torrent =
        TorrentMaker.of(Content.file(folder.resolve("set.bin"), MEBIBYTES * MEBIBYTE + 9, 1))
            .make();
    try (Fleet fleet =
            Fleet.start(
                Map.of(
                    "PIECEWORK_WORKER_LEASE", "3s",
                    "PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms",
                    "PIECEWORK_WORKER_PROGRESS_INTERVAL", "500ms"));
        RunningClient seeder =
            Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(6 * MEBIBYTE))) {
      FleetWorker worker = fleet.worker("one", clock.environment()).awaitUp();
      Submitted submitted = fleet.submit(torrent, "", seeder);
      fleet.await(EventType.STARTED, 1);
      awaitGiven(seeder, MEBIBYTES * MEBIBYTE / 8);

      seeder.process().freeze();
      fleet.worker("two").awaitUp();
      jump(fleet, clock, Duration.ofHours(1));
      jump(fleet, clock, Duration.ZERO);
      seeder.process().thaw();
      JsonNode job = submitted.awaitCompleted();

      List<JobEvent> started = fleet.events(EventType.STARTED);
      assertThat(started).hasSize(1);
      assertThat(worker.sent(started.getFirst())).isTrue();
      assertThat(fleet.events(EventType.RETRYING)).isEmpty();
      Arrival.check(fleet, torrent, "", job);
    }
  }

  @Test
  void aWorkerWithAWrongClockTakesNoJobsUntilItIsRight() throws Exception {
    JumpingClock clock = JumpingClock.in(folder);
    TestTorrent torrent =
        TorrentMaker.of(Content.file(folder.resolve("set.bin"), 9 * MEBIBYTE, 1)).make();
    try (Fleet fleet = Fleet.start(Map.of("PIECEWORK_RETRY_FIRST_DELAY", "500ms"));
        RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      clock.set(Duration.ofHours(1));
      FleetWorker worker = fleet.worker("one", clock.environment());
      worker.process().awaitOutput("ahead of the store's", Fleet.LIMIT);
      Submitted submitted = fleet.submit(torrent, "", seeder);

      clock.set(Duration.ZERO);

      Arrival.check(fleet, torrent, "", submitted.awaitCompleted());
      // The clock was the worker's fault: no attempt of the job counts.
      assertThat(fleet.events(EventType.RETRYING)).isEmpty();
    }
  }

  /** Waits until the worker has told the new time, and has renewed its lease twice since. */
  private static void jump(Fleet fleet, JumpingClock clock, Duration ahead) throws IOException {
    clock.set(ahead);
    Awaitility.await("a worker that lives " + ahead + " ahead")
        .atMost(Fleet.LIMIT)
        .until(() ->
            fleet.events(EventType.PROGRESS).stream()
                .map(event -> Duration.between(Instant.now(), event.time()).minus(ahead).abs())
                .anyMatch(off -> off.compareTo(Duration.ofMinutes(10)) < 0));
    for (int renewal = 0; renewal < 2; renewal++) {
      long before = leaseUntil(fleet);
      Awaitility.await("a renewed lease")
          .atMost(Fleet.LIMIT)
          .until(() -> leaseUntil(fleet) > before);
    }
  }

  private static long leaseUntil(Fleet fleet) throws IOException {
    try {
      return fleet.count(
          "SELECT (extract(epoch from max(lease_until)) * 1000)::bigint FROM piecework_job");
    } catch (java.sql.SQLException e) {
      throw new IOException(e);
    }
  }

  private static void awaitGiven(RunningClient seeder, long bytes) {
    seeder
        .process()
        .awaitReady(
            "having given " + bytes + " bytes",
            Fleet.LIMIT,
            () -> seeder.progress().uploadedBytes() >= bytes);
  }
}
