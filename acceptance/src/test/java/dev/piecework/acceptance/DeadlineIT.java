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
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that cannot be done in time, at a worker that runs as a process. */
class DeadlineIT {
  @TempDir private static Path folder = Path.of("");

  @Test
  void aJobThatIsNotDoneInTimeFailsAndSaysWhatToDo() throws Exception {
    Path content = folder.resolve("large");
    Content.file(content.resolve("large.bin"), 64 * MEBIBYTE, 1);
    TestTorrent large = TorrentMaker.of(content).make();
    Path file = large.write(folder.resolve("large.torrent"));
    try (Fleet fleet = Fleet.start(Map.of("PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms"));
        RunningClient slow =
            Client.LIBTORRENT.seed(large, ClientOptions.none().upload(MEBIBYTE / 4))) {
      fleet.worker("one").awaitUp();
      ManagedProcess submit =
          fleet.cli(
              "submit",
              file.toString(),
              "--bucket",
              Fleet.BUCKET,
              "--peer",
              "127.0.0.1:" + slow.address().getPort(),
              "--deadline",
              "10s",
              "--wait",
              "--quiet");

      assertThat(submit.awaitExit(Fleet.LIMIT)).isEqualTo(ExitCode.JOB_FAILED.code());

      EventData.Failed failed = (EventData.Failed) fleet.await(EventType.FAILED, 1).data();
      assertThat(failed.code()).isEqualTo("DEADLINE_EXCEEDED");
      assertThat(failed.reason()).contains("\"retry\" gives it as much time again");
      String job = fleet.events(EventType.FAILED).getFirst().jobId();
      ManagedProcess get = fleet.cli("get", job);
      assertThat(get.awaitExit(Fleet.LIMIT)).isZero();
      assertThat(get.stdout()).contains("DEADLINE_EXCEEDED").containsPattern("(?m)^deadline +20");
      assertThat(fleet.scratch(job)).as("kept for a retry on this host").isNotEmpty();

      ManagedProcess retry = fleet.cli("retry", job);
      assertThat(retry.awaitExit(Fleet.LIMIT)).as(retry::describe).isZero();
      fleet.await(EventType.FAILED, 2);
      assertThat(fleet.events(EventType.RESUMED)).hasSize(1);
    }
  }
}
