package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.Processes.Outcome;
import dev.piecework.testkit.TorrentMaker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names of torrent files as other programs and other systems wrote them. */
class SourceNamesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder = Path.of("");

  @Test
  void blanksOfANameOnStandardInputBelongToIt() throws IOException {
    torrent(folder.resolve("trail.torrent "));
    torrent(folder.resolve(" lead.torrent"));
    accepted((folder + "/trail.torrent \n").getBytes(StandardCharsets.UTF_8));
    accepted(("\t" + folder + "/trail.torrent \r\n").getBytes(StandardCharsets.UTF_8), 3);
    accepted((folder + "/ lead.torrent\r\n").getBytes(StandardCharsets.UTF_8));
    accepted(("  " + folder + "/ lead.torrent  \n").getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstLine() throws IOException {
    torrent(folder.resolve("x.torrent"));
    accepted(("\uFEFF" + folder + "/x.torrent\r\n").getBytes(StandardCharsets.UTF_8));
    accepted("\uFEFFhttps://h/1\n".getBytes(StandardCharsets.UTF_8));
    CliRun jobs =
        CliRun.fed(
            "\uFEFF{\"source\":{\"url\":\"https://h/1\"}}\r\n",
            Map.of(),
            "submit",
            "--dry-run",
            "-b",
            "data",
            "-f",
            "-");
    assertThat(jobs.exitCode()).as(jobs.err()).isZero();
  }

  @Test
  void aNameThatIsNotUtf8IsTakenByteByByte() throws IOException {
    Path latin = Path.of(URI.create(folder.toUri() + "caf%E9%20100%25.torrent"));
    torrent(latin);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    line.writeBytes((folder + "/caf").getBytes(StandardCharsets.UTF_8));
    line.write(0xE9);
    line.writeBytes(" 100%.torrent\n".getBytes(StandardCharsets.UTF_8));
    accepted(line.toByteArray());

    CliRun pattern = dryRun(new byte[0], folder + "/caf*.torrent");
    assertThat(pattern.exitCode()).as(pattern.err()).isZero();
    CliRun url = dryRun(new byte[0], latin.toUri().toString());
    assertThat(url.exitCode()).as(url.err()).isZero();

    CliRun lost = dryRun(new byte[0], folder + "/caf\uFFFD.torrent");
    assertThat(lost.exitCode()).isEqualTo(3);
    assertThat(lost.err()).contains("give the name on standard input").contains("file:///");
  }

  @Test
  void underAnotherEncodingANameIsTakenByteByByteToo() throws IOException {
    torrent(folder.resolve("größe.torrent"));
    Outcome outcome =
        Processes.command(program("-"))
            .environment("LC_ALL", "C")
            .stdin((folder + "/größe.torrent\n").getBytes(StandardCharsets.UTF_8))
            .run(LIMIT);
    assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
    assertThat(outcome.stdout().lines()).hasSize(1);
  }

  @Test
  void aFolderThatCannotBeReadIsPassedOver() throws IOException {
    torrent(folder.resolve("perm/a.torrent"));
    torrent(folder.resolve("perm/lost+found/b.torrent"));
    torrent(folder.resolve("perm/deep/er/c.torrent"));
    closed(folder.resolve("perm/lost+found"));
    closed(folder.resolve("perm/deep/er"));
    Outcome outcome = Processes.command(withoutRights("perm/**/*.torrent")).run(LIMIT);
    assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
    assertThat(outcome.stdout().lines()).hasSize(1);
    assertThat(outcome.stderr().lines())
        .satisfiesExactlyInAnyOrder(
            line -> assertThat(line).contains("lost+found is passed over: permission denied"),
            line -> assertThat(line).contains("deep/er is passed over: permission denied"));

    Outcome none = Processes.command(withoutRights("perm/lost+found/*.torrent")).run(LIMIT);
    assertThat(none.exitCode()).isEqualTo(3);
    assertThat(none.stderr()).contains("matches no file that can be read");
  }

  private void accepted(byte[] input) {
    accepted(input, 0);
  }

  private void accepted(byte[] input, int exitCode) {
    CliRun run = dryRun(input, "-");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.out().lines()).hasSize(exitCode == 0 ? 1 : 0);
  }

  private static CliRun dryRun(byte[] input, String source) {
    return CliRun.fed(input, Map.of(), "submit", "--dry-run", "-b", "data", source);
  }

  /** As root with the rights of its owner only, so that a closed folder is closed to it. */
  private List<String> withoutRights(String pattern) {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      Needs.program("setpriv", "util-linux");
      String without = "=-dac_override,-dac_read_search";
      command.addAll(List.of("setpriv", "--bounding-set" + without, "--inh-caps" + without));
    }
    command.addAll(program(folder + "/" + pattern));
    return command;
  }

  private static List<String> program(String source) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        PieceworkMain.class.getName(),
        "submit",
        "--dry-run",
        "-o",
        "name",
        "-b",
        "data",
        source);
  }

  private void torrent(Path path) throws IOException {
    Files.createDirectories(path.getParent());
    Path content = Files.writeString(folder.resolve("content"), path.toString());
    Files.write(path, TorrentMaker.of(content).pieceBytes(16384).make().metainfo());
  }

  private static void closed(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
  }
}
