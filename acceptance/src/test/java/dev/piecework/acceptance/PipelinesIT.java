package dev.piecework.acceptance;

import static dev.piecework.acceptance.Figures.MEBIBYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of docs/pipelines.md, word for word, with a broker, a worker and a seeder. */
class PipelinesIT {
  private static final Path PAGE = Path.of("..", "docs", "pipelines.md");
  private static final String PYTHON = "/usr/bin/python3";

  @TempDir private static Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static Fleet fleet;

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static RunningClient seeder;

  private static Path torrent = Path.of("");

  @BeforeAll
  static void start() throws Exception {
    fleet = Fleet.start(Map.of());
    fleet.worker("one").awaitUp();
    Path content = folder.resolve("in/set");
    Content.file(content.resolve("large.bin"), 9 * MEBIBYTE, 1);
    Content.file(content.resolve("small.txt"), 1234, 2);
    TestTorrent made = TorrentMaker.of(content).pieceBytes(262_144).make();
    torrent = made.write(folder.resolve("set.torrent"));
    seeder = Client.LIBTORRENT.seed(made);
  }

  @AfterAll
  static void stop() throws Exception {
    seeder.close();
    fleet.close();
  }

  @Test
  void thePythonProgramMirrors() throws Exception {
    requirePika();
    Path program = Files.writeString(folder.resolve("mirror.py"), block("python"));

    String listed = run(List.of(PYTHON, program.toString()), "python/");

    assertThat(listed.lines().map(line -> line.split("\t", -1)[0]))
        .containsExactlyInAnyOrder(
            "s3://%s/python/set/large.bin".formatted(Fleet.BUCKET),
            "s3://%s/python/set/small.txt".formatted(Fleet.BUCKET));
    assertThat(fleet.store().objects(Fleet.BUCKET)).containsKey("python/set/large.bin");
  }

  @Test
  void thePythonProgramMirrorsWithTheEmbeddedServicesToo() throws Exception {
    requirePika();
    Path program = Files.writeString(folder.resolve("mirror.py"), block("python"));
    Path data = folder.resolve("services");
    try (ManagedProcess services = LocalFleet.services(data, LocalFleet.ports())) {
      Map<String, String> environment = LocalFleet.environment(services);
      try (ManagedProcess worker = LocalFleet.worker(environment, folder.resolve("scratch"))) {
        worker.awaitOutput(" is up", Fleet.LIMIT);

        String listed = run(List.of(PYTHON, program.toString()), "data", "local/", environment);

        assertThat(listed.lines().map(line -> line.split("\t", -1)[0]))
            .containsExactlyInAnyOrder(
                "s3://data/local/set/large.bin", "s3://data/local/set/small.txt");
        assertThat(data.resolve("buckets/data/local/set/small.txt")).hasSize(1234);
      }
    }
  }

  @Test
  void theShellProgramMirrors() throws Exception {
    Needs.program("jq", "jq");
    Path program = Files.writeString(folder.resolve("mirror.sh"), block("sh"));

    String listed = run(List.of("/bin/sh", program.toString()), "shell/");

    assertThat(listed.lines().map(line -> line.split("\t", -1)[0]))
        .containsExactlyInAnyOrder("shell/set/large.bin", "shell/set/small.txt");
  }

  private static void requirePika() {
    if (Processes.command(PYTHON, "-c", "import pika").run(Fleet.LIMIT).exitCode() != 0) {
      Needs.absent("pika for " + PYTHON, "apt-get install python3-pika");
    }
  }

  private static String run(List<String> program, String prefix) throws IOException {
    return run(program, Fleet.BUCKET, prefix, fleet.brokerEnvironment());
  }

  private static String run(
      List<String> program, String bucket, String prefix, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(
        List.of(torrent.toString(), bucket, prefix, "127.0.0.1:" + seeder.address().getPort()));
    return Processes.command(command)
        .directory(Files.createDirectories(folder.resolve(prefix)))
        .environment(environment)
        .environment("PATH", launcherFolder() + ":" + System.getenv("PATH"))
        .run(Duration.ofMinutes(3))
        .orThrow()
        .stdout();
  }

  /** A folder with a {@code piecework} that runs what the launcher would. */
  private static Path launcherFolder() throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path script = bin.resolve("piecework");
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(Launcher.cli(List.of()));
    Files.writeString(script, "#!/bin/sh\nexec '%s' \"$@\"\n".formatted(String.join("' '", words)));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin;
  }

  private static String block(String language) throws IOException {
    Matcher matcher =
        Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```").matcher(Files.readString(PAGE));
    assertThat(matcher.find()).as("a block of %s in %s", language, PAGE).isTrue();
    return matcher.group(1);
  }
}
