package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventType;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.testkit.Tracker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Two workers, other people's seeders, and nothing but a tracker to find them by.
 *
 * <p>{@code -Dpiecework.test.big=300} makes every case one of 3,000 files with a big one of so many
 * MiB.
 */
class FleetIT {
  private static final String BIG = "piecework.test.big";

  @TempDir private static Path folder = Path.of("");
  private static List<FleetWorker> workers = List.of();

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static Fleet fleet;

  @BeforeAll
  static void start() throws Exception {
    fleet = Fleet.start(Map.of());
    workers = fleet.twoWorkers();
  }

  @AfterAll
  static void stop() throws Exception {
    workers.forEach(
        worker -> Figures.print("worker %s: peak %d MiB", worker.host(), worker.peakMebibytes()));
    fleet.close();
  }

  @Test
  void threeThousandFilesArriveFromAllClientsTogether() throws Exception {
    Path content = Content.threeThousand(folder.resolve("all/set"), Figures.bytes(BIG, 48), 1);
    arrives(content, "udp", List.of(Client.TRANSMISSION, Client.ARIA2, Client.LIBTORRENT));
  }

  @ParameterizedTest
  @CsvSource({"TRANSMISSION,http", "ARIA2,udp", "LIBTORRENT,http"})
  void filesArriveFromEachClientAlone(Client client, String announce) throws Exception {
    Path content = folder.resolve(client + "/ensemble é");
    if (Long.getLong(BIG) != null) {
      Content.threeThousand(content, Figures.bytes(BIG, 0), 2);
    } else {
      Content.manySmall(content, 40, 60_000, 2);
      Content.file(content.resolve("vide"), 0, 0);
      Content.file(content.resolve("grand ☃.bin"), 24 * MEBIBYTE + 5, 3);
    }
    arrives(content, announce, List.of(client));
  }

  @Test
  void jobsAreSpreadOverTheWorkers() throws Exception {
    Path content = Content.file(folder.resolve("spread/one.bin"), 3 * MEBIBYTE, 4);
    TestTorrent torrent = TorrentMaker.of(content).make();
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      List<Submitted> submitted = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        submitted.add(fleet.submit(torrent, "spread-" + i + "/", seeder));
      }
      for (int i = 0; i < 4; i++) {
        Arrival.check(fleet, torrent, "spread-" + i + "/", submitted.get(i).awaitCompleted());
      }
    }
    Set<String> hosts =
        workers.stream()
            .filter(worker -> fleet.events(EventType.STARTED).stream().anyMatch(worker::sent))
            .map(FleetWorker::host)
            .collect(Collectors.toSet());
    assertThat(hosts).containsExactlyInAnyOrder("one", "two");
  }

  private static void arrives(Path content, String announce, List<Client> clients)
      throws Exception {
    TestTorrent bare = TorrentMaker.of(content).pieceBytes(262_144).make();
    String prefix = String.join("-", clients.toString().replaceAll("\\W+", "-"), announce) + "/";
    List<RunningClient> seeders = new ArrayList<>();
    try (Tracker tracker = Tracker.start(bare.infoHash())) {
      // aria2 announces over UDP only when it uses the DHT.
      TestTorrent seeded = bare.withTrackers(tracker.http());
      for (Client client : clients) {
        seeders.add(client.seed(seeded));
      }
      Await.until(
          "all seeders' announces",
          Fleet.LIMIT,
          () -> tracker.seeders(bare.infoHash()) == clients.size());
      TestTorrent wanted =
          bare.withTrackers(announce.equals("udp") ? tracker.udp() : tracker.http());

      JsonNode job = fleet.submit(wanted, prefix).awaitCompleted();

      Arrival.check(fleet, wanted, prefix, job);
      Figures.print(
          "%s by %s: %d files, %s in %.1f s, %s fetched twice",
          clients,
          announce,
          job.path("files").size(),
          Figures.mebibytes(wanted.totalBytes()),
          job.path("seconds").asDouble(),
          Figures.mebibytes(job.path("redundantBytes").asLong()));
      assertThat(job.path("attempts").asInt()).isEqualTo(1);
    } finally {
      seeders.forEach(RunningClient::close);
    }
  }
}
