package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Jobs that wait behind the only worker's only slot, by the command line. */
class QueuedJobsIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Map<String, String> SETTINGS =
      Map.of("PIECEWORK_WORKER_SLOTS", "1", "PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms");

  @TempDir private static Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static TestTorrent large;

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static TestTorrent small;

  @BeforeAll
  static void makeContent() {
    Path content = folder.resolve("large");
    Content.file(content.resolve("large.bin"), 64 * MEBIBYTE, 1);
    large = TorrentMaker.of(content).make();
    Path other = folder.resolve("small");
    Content.file(other.resolve("small.bin"), MEBIBYTE + 1, 2);
    small = TorrentMaker.of(other).make();
  }

  /** Jobs as a command lists them. */
  private static List<JsonNode> jobs(Fleet fleet, String... arguments) {
    List<String> command = new ArrayList<>(List.of(arguments));
    command.addAll(List.of("-o", "json"));
    ManagedProcess process = fleet.cli(command.toArray(String[]::new));
    assertThat(process.awaitExit(Fleet.LIMIT)).as(process::describe).isZero();
    return List.copyOf(JSON.readTree(process.stdout()).path("jobs").values());
  }

  private static String state(Fleet fleet, String... order) {
    return jobs(fleet, order).getFirst().path("state").asString("");
  }

  private static List<EventType> story(Fleet fleet, String job) {
    return fleet.events().stream()
        .filter(event -> event.jobId().equals(job))
        .map(JobEvent::type)
        .toList();
  }

  private static String accepted(Fleet fleet, int number) {
    return fleet.await(EventType.ACCEPTED, number).jobId();
  }

  @Test
  void jobsBehindABusyWorkerAreKnownAndObeyOrders() throws Exception {
    try (Fleet fleet = Fleet.start(SETTINGS);
        RunningClient slow =
            Client.LIBTORRENT.seed(large, ClientOptions.none().upload(MEBIBYTE / 4));
        RunningClient seeder = Client.LIBTORRENT.seed(small, ClientOptions.none())) {
      fleet.worker("one").awaitUp();
      fleet.submit(large, "busy/", slow);
      String busy = accepted(fleet, 1);
      fleet.await(EventType.STARTED, 1);

      Submitted toCancel = fleet.submit(small, "cancelled/", seeder);
      String cancelled = accepted(fleet, 2);
      Submitted toPause = fleet.submit(small, "paused/", seeder);
      String paused = accepted(fleet, 3);
      Submitted last = fleet.submit(small, "last/", seeder);
      String waiting = accepted(fleet, 4);
      List<JsonNode> queued = jobs(fleet, "list", "--state", "queued");
      assertThat(queued)
          .extracting(job -> job.path("id").asString(""))
          .containsExactly(cancelled, paused, waiting);
      assertThat(queued).allMatch(job -> job.path("source").asString("").equals("inline"));

      assertThat(state(fleet, "cancel", cancelled)).isEqualTo("cancelled");
      assertThat(toCancel.process().awaitExit(Fleet.LIMIT)).isEqualTo(ExitCode.JOB_FAILED.code());
      assertThat(state(fleet, "pause", paused)).isEqualTo("paused");
      assertThat(fleet.events(EventType.STARTED)).as("the worker is still busy").hasSize(1);

      assertThat(state(fleet, "cancel", busy)).isEqualTo("cancelled");
      last.awaitCompleted();
      assertThat(state(fleet, "get", paused)).as("its message has come").isEqualTo("paused");
      assertThat(state(fleet, "resume", paused)).isEqualTo("queued");
      Arrival.check(fleet, small, "paused/", toPause.awaitCompleted());

      Awaitility.await("empty queues")
          .atMost(Fleet.LIMIT)
          .until(() ->
              fleet.waiting(Topology.JOBS_QUEUE) == 0
                  && fleet.waiting(Topology.REGISTRATIONS_QUEUE) == 0);
      assertThat(story(fleet, cancelled)).containsExactly(EventType.ACCEPTED, EventType.CANCELLED);
      assertThat(story(fleet, paused))
          .startsWith(EventType.ACCEPTED, EventType.PAUSED, EventType.RESUMED, EventType.STARTED)
          .endsWith(EventType.COMPLETED);
      assertThat(story(fleet, waiting)).startsWith(EventType.ACCEPTED, EventType.STARTED);
      assertThat(fleet.store().objects(Fleet.BUCKET).keySet())
          .noneMatch(key -> key.startsWith("cancelled/"));

      fleet.submit(small, "cancelled/", seeder).awaitCompleted();
    }
  }
}
