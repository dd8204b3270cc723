package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code piecework demo} and {@code piecework services}, as the README has a reader type them. */
class EmbeddedIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int SIGTERM_EXIT = 143;
  private static final long MEBIBYTE = 1 << 20;

  @TempDir private Path folder = Path.of("");

  @Test
  void theDemoShowsAJobThatOutlivesItsWorker() {
    Processes.Outcome outcome =
        Processes.java(Launcher.standalone(List.of("demo", "--size", "48m", "--rate", "10m")))
            .run(LIMIT);

    assertThat(outcome.exitCode()).as(outcome.stdout() + outcome.stderr()).isZero();
    assertThat(outcome.stdout() + outcome.stderr())
        .contains("is dead at", "all identical", "everything as promised");
  }

  @Test
  void aDemoThatIsStoppedLeavesNothing() throws IOException {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    List<String> command = new ArrayList<>(List.of("-Djava.io.tmpdir=" + temporary));
    command.addAll(Launcher.standalone(List.of("demo", "--size", "200m", "--rate", "10m")));
    try (ManagedProcess demo = Processes.java(command).start()) {
      demo.awaitOutput("a tracker at", LIMIT);
      demo.terminate();
      assertThat(demo.awaitExit(LIMIT)).as(demo.describe()).isEqualTo(SIGTERM_EXIT);
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void servicesKeepJobsAndObjectsThroughAKill() throws Exception {
    Path file = Content.file(folder.resolve("seed/set.bin"), 20 * MEBIBYTE + 3, 1);
    TestTorrent torrent = TorrentMaker.of(file).make();
    Path source = torrent.write(folder.resolve("set.torrent"));
    List<String> ports = LocalFleet.ports();
    try (RunningClient seeder = Client.LIBTORRENT.seed(torrent)) {
      List<String> submit =
          List.of(
              "submit",
              source.toString(),
              "--bucket=data",
              "--prefix=sets/",
              "--peer=127.0.0.1:" + seeder.address().getPort(),
              "--wait",
              "--quiet",
              "-o",
              "json");
      try (ManagedProcess services = LocalFleet.services(folder.resolve("data"), ports)) {
        Map<String, String> environment = LocalFleet.environment(services);
        try (ManagedProcess worker = LocalFleet.worker(environment, folder.resolve("scratch"))) {
          worker.awaitOutput(" is up", LIMIT);
          String completed = cli(environment, submit);
          assertThat(completed).contains("\"state\":\"completed\"", "sets/set.bin");
          assertThat(cli(environment, List.of("list", "-o", "json")))
              .contains(
                  "\"author\":\"%s\"".formatted(environment.get("PIECEWORK_BROKER_USERNAME")));
          assertThat(Content.sha256(folder.resolve("data/buckets/data/sets/set.bin")))
              .isEqualTo(Content.sha256(file));
        }
        services.kill();
      }
      try (ManagedProcess services = LocalFleet.services(folder.resolve("data"), ports)) {
        Map<String, String> environment = LocalFleet.environment(services);
        try (ManagedProcess worker = LocalFleet.worker(environment, folder.resolve("scratch"))) {
          worker.awaitOutput(" is up", LIMIT);
          long given = seeder.progress().uploadedBytes();
          // The same job again: its row is still there, so nothing is fetched.
          assertThat(cli(environment, submit)).contains("\"state\":\"completed\"", "sets/set.bin");
          assertThat(seeder.progress().uploadedBytes()).isEqualTo(given);
        }
        services.interrupt();
        assertThat(services.awaitExit(LIMIT)).as(services.describe()).isEqualTo(130);
      }
    }
  }

  private static String cli(Map<String, String> environment, List<String> arguments) {
    return Processes.java(Launcher.cli(arguments))
        .environment(environment)
        .run(LIMIT)
        .orThrow()
        .stdout();
  }
}
