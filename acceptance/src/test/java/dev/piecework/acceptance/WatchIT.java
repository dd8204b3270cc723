package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code watch} shows of two workers' jobs is true, and stays true when one is killed. */
class WatchIT {
  private static final int SLOTS = 3;
  private static final int JOBS = 2 * SLOTS;
  private static final Map<String, String> SETTINGS =
      Map.of(
          "PIECEWORK_WORKER_SLOTS", Integer.toString(SLOTS),
          "PIECEWORK_WORKER_LEASE", "2s",
          "PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms");

  @TempDir private Path folder = Path.of("");

  private static JobMessage job(int number, TestTorrent torrent, RunningClient seeder) {
    return new JobMessage(
        1,
        "watched-" + number,
        JobSource.Inline.of(torrent.metainfo()),
        new Destination(Fleet.BUCKET, number + "/"),
        new JobOptions(
            0,
            Optional.empty(),
            Optional.empty(),
            List.of("127.0.0.1:" + seeder.address().getPort()),
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of()));
  }

  /**
   * What has been shown of each job so far, one after the other, as {@link Fleet#history} has it.
   */
  private static Map<String, List<String>> shown(ManagedProcess watch) {
    Map<String, List<String>> shown = new LinkedHashMap<>();
    String text = watch.stdout();
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    whole
        .lines()
        .forEach(line -> {
          JsonNode job = new JsonMapper().readTree(line);
          String state = job.path("state").asString("");
          String said =
              state.equals("running")
                  ? "running %d %s"
                      .formatted(job.path("attempt").asInt(), job.path("worker").asString(""))
                  : state;
          List<String> before =
              shown.computeIfAbsent(job.path("id").asString(""), _ -> new ArrayList<>());
          if (before.isEmpty() || !before.getLast().equals(said)) {
            before.add(said);
          }
        });
    return shown;
  }

  private static long runningAt(ManagedProcess watch, FleetWorker worker) {
    return shown(watch).values().stream()
        .filter(states ->
            states.getLast().startsWith("running ") && states.getLast().endsWith(worker.id()))
        .count();
  }

  @Test
  void whatIsShownIsTrueAlsoWhenAWorkerIsKilled() throws Exception {
    List<RunningClient> seeders = new ArrayList<>();
    try (Fleet fleet = Fleet.start(SETTINGS)) {
      List<FleetWorker> workers = fleet.twoWorkers();
      ManagedProcess watch = fleet.cli("watch", "-o", "jsonl");
      for (int i = 0; i < JOBS; i++) {
        Path content = Content.file(folder.resolve(i + "/" + i + ".bin"), 12 * MEBIBYTE, i);
        TestTorrent torrent = TorrentMaker.of(content).make();
        seeders.add(Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(MEBIBYTE)));
        fleet.publish(job(i, torrent, seeders.get(i)));
      }
      FleetWorker doomed = workers.get(0);
      FleetWorker other = workers.get(1);
      Awaitility.await("both at work on the screen")
          .atMost(Fleet.LIMIT)
          .until(() -> runningAt(watch, doomed) > 0 && runningAt(watch, other) > 0);
      doomed.process().kill();

      Awaitility.await("all jobs completed on the screen")
          .atMost(Fleet.LIMIT)
          .until(
              () -> shown(watch),
              all ->
                  all.size() == JOBS
                      && all.values().stream()
                          .allMatch(states -> states.getLast().equals("completed")));

      Map<String, List<String>> shown = shown(watch);
      for (Map.Entry<String, List<String>> job : shown.entrySet()) {
        assertThat(fleet.history(job.getKey()))
            .as("the history of %s", job.getKey())
            .containsSubsequence(job.getValue());
      }
      assertThat(shown.values())
          .as("a job that was seen to change hands")
          .anyMatch(states ->
              states.stream().anyMatch(state -> state.endsWith(doomed.id()))
                  && states.stream().anyMatch(state -> state.endsWith(other.id())));
    } finally {
      seeders.forEach(RunningClient::close);
    }
  }
}
