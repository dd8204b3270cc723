package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What an operator does every day: roll the fleet; and what a nervous producer does: ask twice. */
class TermIT {
  private static final long BYTES_PER_SECOND = 12 * MEBIBYTE;
  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

  @TempDir private Path folder = Path.of("");

  @Test
  void aWorkerThatIsToldToStopGivesItsJobBack() throws Exception {
    // Whoever waited for this lease would not be done before the test gives up.
    try (Fleet fleet = Fleet.start(Map.of("PIECEWORK_WORKER_LEASE", "30m"));
        RunningClient seeder = seeder(96)) {
      List<FleetWorker> workers = fleet.twoWorkers();
      TestTorrent torrent = torrent(96);
      Submitted submitted = fleet.submit(torrent, "", seeder);
      awaitGiven(seeder, 24 * MEBIBYTE);
      JobEvent first = fleet.await(EventType.STARTED, 1);
      FleetWorker running = workers.stream().filter(it -> it.sent(first)).findFirst().orElseThrow();

      running.process().terminate();

      assertThat(running.process().awaitExit(STOP_LIMIT))
          .as(running.process()::describe)
          .isEqualTo(ExitCode.TERMINATED.code());
      JobEvent second = fleet.await(EventType.STARTED, 2);
      assertThat(running.sent(second)).isFalse();
      JsonNode job = submitted.awaitCompleted();
      assertThat(job.path("attempts").asInt()).as("a run that was handed back").isEqualTo(1);
      assertThat(fleet.events(EventType.HANDED_BACK)).hasSize(1);
      long twice = seeder.progress().uploadedBytes() - torrent.totalBytes();
      Figures.print(
          "handed back after 24 MiB: the seeder gave %s twice, the event says %s",
          Figures.mebibytes(twice), Figures.mebibytes(job.path("redundantBytes").asLong()));
      Arrival.check(fleet, torrent, "", job);
    }
  }

  @Test
  void submittingTheSameTorrentAgainIsTheSameJob() throws Exception {
    try (Fleet fleet = Fleet.start(Map.of());
        RunningClient seeder = seeder(48)) {
      fleet.twoWorkers();
      TestTorrent torrent = torrent(48);
      Submitted first = fleet.submit(torrent, "", seeder);
      awaitGiven(seeder, 8 * MEBIBYTE);
      Submitted during = fleet.submit(torrent, "", seeder);
      JsonNode job = first.awaitCompleted();
      assertThat(during.awaitCompleted()).isEqualTo(job);
      Arrival.check(fleet, torrent, "", job);

      JsonNode afterwards = fleet.submit(torrent, "", seeder).awaitCompleted();

      assertThat(afterwards).isEqualTo(job);
      assertThat(fleet.count("SELECT count(*) FROM piecework_job")).isEqualTo(1);
      assertThat(fleet.events(EventType.STARTED)).hasSize(1);
      assertThat(fleet.events(EventType.COMPLETED))
          .extracting(JobEvent::id)
          .containsOnly(fleet.events(EventType.COMPLETED).getFirst().id());
    }
  }

  private TestTorrent torrent(int mebibytes) {
    Path content = folder.resolve("set.bin");
    if (!content.toFile().exists()) {
      Content.file(content, mebibytes * MEBIBYTE + 9, 1);
    }
    return TorrentMaker.of(content).make();
  }

  private RunningClient seeder(int mebibytes) {
    return Client.LIBTORRENT.seed(
        torrent(mebibytes), ClientOptions.none().upload(BYTES_PER_SECOND));
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
