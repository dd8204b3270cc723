package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A worker's memory does not grow with its torrent: {@code -Dpiecework.test.memory=1024} makes it
 * one of so many MiB.
 */
class MemoryIT {
  private static final long LIMIT_BYTES = 512 * MEBIBYTE;

  @TempDir private Path folder = Path.of("");

  @Test
  void aWorkerWithOneBigJobStaysBelowHalfAGibibyte() throws Exception {
    Path content =
        Content.file(folder.resolve("big.bin"), Figures.bytes("piecework.test.memory", 512), 1);
    TestTorrent torrent = TorrentMaker.of(content).pieceBytes(1 << 20).make();
    try (Fleet fleet = Fleet.start(Map.of());
        RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      FleetWorker worker = fleet.worker("one").awaitUp();

      JsonNode job = fleet.submit(torrent, "", seeder).awaitCompleted();

      long peak = worker.process().peakResidentBytes();
      Figures.print(
          "%s in %.1f s, peak resident memory %s, %s fetched twice",
          Figures.mebibytes(torrent.totalBytes()),
          job.path("seconds").asDouble(),
          Figures.mebibytes(peak),
          Figures.mebibytes(job.path("redundantBytes").asLong()));
      assertThat(peak).isBetween(1L, LIMIT_BYTES);
      Arrival.check(fleet, torrent, "", job);
    }
  }
}
