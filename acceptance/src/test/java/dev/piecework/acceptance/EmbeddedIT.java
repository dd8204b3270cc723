package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code piecework demo} and {@code piecework services}, as the README has a reader type them. */
class EmbeddedIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int SIGTERM_EXIT = 143;
  private static final long MEBIBYTE = 1 << 20;
  private static final Pattern EXPORT = Pattern.compile("export (\\w+)='([^']*)'");

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
    List<String> ports =
        List.of(
            "--broker-port=" + Ports.free(),
            "--store-port=" + Ports.free(),
            "--database-port=" + Ports.free());
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
      try (ManagedProcess services = services(ports)) {
        Map<String, String> environment = environment(services);
        try (ManagedProcess worker = worker(environment)) {
          worker.awaitOutput(" is up", LIMIT);
          String completed = cli(environment, submit);
          assertThat(completed).contains("\"state\":\"completed\"", "sets/set.bin");
          assertThat(Content.sha256(folder.resolve("data/buckets/data/sets/set.bin")))
              .isEqualTo(Content.sha256(file));
        }
        services.kill();
      }
      try (ManagedProcess services = services(ports)) {
        Map<String, String> environment = environment(services);
        try (ManagedProcess worker = worker(environment)) {
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

  private ManagedProcess services(List<String> ports) {
    List<String> arguments =
        new java.util.ArrayList<>(List.of("services", "--data", folder.resolve("data").toString()));
    arguments.addAll(ports);
    return Processes.java(Launcher.standalone(arguments)).name("services").start();
  }

  private ManagedProcess worker(Map<String, String> environment) {
    return Processes.java(Launcher.worker())
        .name("worker")
        .environment(environment)
        .environment("PIECEWORK_SCRATCH_DIRECTORY", folder.resolve("scratch").toString())
        .environment("MALLOC_ARENA_MAX", Launcher.mallocArenas())
        .start();
  }

  private static String cli(Map<String, String> environment, List<String> arguments) {
    return Processes.java(Launcher.cli(arguments))
        .environment(environment)
        .run(LIMIT)
        .orThrow()
        .stdout();
  }

  /** What the services print for a shell to read. */
  private static Map<String, String> environment(ManagedProcess services) {
    services.awaitOutput("The services run", LIMIT);
    Map<String, String> variables = new HashMap<>();
    Matcher matcher = EXPORT.matcher(services.stdout());
    while (matcher.find()) {
      variables.put(matcher.group(1), matcher.group(2));
    }
    assertThat(variables).containsKey("PIECEWORK_BROKER_URI");
    return variables;
  }
}
