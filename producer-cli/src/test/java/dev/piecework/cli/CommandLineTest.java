package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobSource;
import dev.piecework.message.MessageException;
import dev.piecework.message.OnExisting;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandLineTest {
  @TempDir Path folder = Path.of("");
  private Path torrent = Path.of("");

  @BeforeEach
  void makeTorrent() throws IOException {
    Path content = Files.createDirectory(folder.resolve("a set"));
    Files.write(content.resolve("one.bin"), new byte[70_000]);
    Files.createDirectory(content.resolve("sub"));
    Files.writeString(content.resolve("sub/zwei-ü.txt"), "two");
    torrent = folder.resolve("a set.torrent");
    Files.write(
        torrent,
        TorrentMaker.of(content)
            .pieceBytes(16384)
            .tier("http://tracker.example/announce", "udp://tracker.example:6969")
            .tier("http://other.example/announce")
            .make()
            .metainfo());
  }

  @Test
  void theHelpListsEveryCommandAndExitCode() {
    CliRun run = CliRun.of(Map.of(), "--help");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("  run ", "  demo ", "  submit ", "  worker ", "  services ", "  inspect ")
        .contains("  version ", "Exit codes:", "   9     No queue takes the message")
        .doesNotContain("%n");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "submit --bogus, Unknown option: '--bogus'",
        "submit --bogus=1 x.torrent, Unknown option: '--bogus'",
        "submit --bucket --prefix x, Expected parameter",
        "submit -z x.torrent, Unknown option: '-z'",
        "submit --bucket b, Missing required parameter: 'SOURCE'",
        "submit --seed-ratio x y.torrent --bucket b, 'x' is not a number",
        "inspect x.torrent -o xml, expected table",
        "inspect a b, unexpected argument 'b'",
        "events --type complete, 'complete' is not a type of event: expected one of accepted",
        "events --until-final, --until-final needs the ids of jobs",
        "events job.x, 'job.x' is no job's id: expected 1 to 100",
        "watch a/b, 'a/b' is no job's id",
        "watch a -s running, --state and --label choose among all jobs",
        "events --count 0, --count is 0: expected 1 or more",
        "bogus, unknown command 'bogus'"
      })
  void namesWhatIsWrongWithTheCommandLine(String line, String complaint) {
    CliRun run = CliRun.of(Map.of(), line.split(" "));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(complaint).doesNotContain("Exception");
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"sumbit, submit", "lsit, list", "submitt, submit", "evnets, events"})
  void namesTheCommandThatAMisspeltOneIsFor(String given, String meant) {
    CliRun run = CliRun.of(Map.of(), given);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("Did you mean: piecework " + meant + "?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"submit", "watch", "events", "dlq", "limits", "inspect", "completion", "version"})
  void everyCommandHasHelp(String command) {
    CliRun run = CliRun.of(Map.of(), command, "--help");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("Usage: piecework " + command);
    assertThat(CliRun.of(Map.of(), "help", command).out()).isEqualTo(run.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "demo", "services", "worker"})
  void commandsOfOtherProgramsSayWhereTheyAre(String command) {
    CliRun run = CliRun.of(Map.of(), command, "x.torrent", "--to", "dir", "-o", "json");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("use the launcher script: ./piecework " + command);
  }

  @Test
  void versionNamesPieceworkAndJava() {
    assertThat(CliRun.of(Map.of(), "version").out()).startsWith("piecework ").contains("(Java ");
    assertThat(CliRun.of(Map.of(), "-V").out()).isEqualTo(CliRun.of(Map.of(), "version").out());
  }

  @Test
  void inspectShowsATorrent() {
    CliRun run = CliRun.of(Map.of(), "inspect", torrent.toString());

    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("Name        a set\n", "Size        68.4 KiB (70 003 bytes)\n")
        .contains("Pieces      5 of 16.0 KiB\n", "Private     no\n")
        .contains("Trackers    http://tracker.example/announce udp://tracker.example:6969\n")
        .contains("            http://other.example/announce\n", "Files       2\n")
        .contains("68.4 KiB  a set/one.bin\n", "     3 B  a set/sub/zwei-ü.txt\n");
  }

  @Test
  void inspectPrintsJson() {
    CliRun run = CliRun.of(Map.of(), "inspect", "-o", "json", torrent.toString());
    JsonNode json = JsonMapper.shared().readTree(run.out());

    assertThat(run.out().lines()).hasSize(1);
    assertThat(json.at("/name").asString()).isEqualTo("a set");
    assertThat(json.at("/infoHash").asString()).matches("[0-9a-f]{40}");
    assertThat(json.at("/pieces").asInt()).isEqualTo(5);
    assertThat(json.at("/size").asLong()).isEqualTo(70_003);
    assertThat(json.at("/trackers/1/0").asString()).isEqualTo("http://other.example/announce");
    assertThat(json.at("/files/1").toString())
        .isEqualTo(
            "{\"path\":\"a set/sub/zwei-ü.txt\",\"size\":3,\"offset\":70000,\"kind\":\"regular\"}");
  }

  @Test
  void aDryRunPrintsTheMessageAndNeedsNoBroker() throws MessageException {
    CliRun run =
        CliRun.of(
            Map.of("PIECEWORK_BROKER_URI", "amqp://127.0.0.1:1"),
            "submit",
            torrent.toString(),
            "-n",
            "--bucket",
            "data",
            "--prefix",
            "sets/",
            "--key-template",
            "{prefix}{label:team}/{path}",
            "--label",
            "team=climate",
            "--label",
            "run=7",
            "--priority",
            "3",
            "--seed-ratio",
            "1.5",
            "--seed-time",
            "1h30m",
            "--peer",
            "10.0.0.1:6881",
            "--peer",
            "[::1]:6882",
            "--max-attempts",
            "4",
            "--deadline",
            "2h",
            "--download-limit",
            "10MiB",
            "--upload-limit",
            "500k",
            "--on-existing",
            "skip");

    assertThat(run.exitCode()).as(run.err()).isZero();
    JobMessage job = decode(run.out());
    assertThat(job.source()).isInstanceOf(JobSource.Inline.class);
    assertThat(job.destination().prefix()).isEqualTo("sets/");
    assertThat(job.destination().keyTemplate()).contains("{prefix}{label:team}/{path}");
    assertThat(job.options().labels()).isEqualTo(Map.of("team", "climate", "run", "7"));
    assertThat(job.options().priority()).isEqualTo(3);
    assertThat(job.options().seedRatio()).contains(1.5);
    assertThat(job.options().seedTime()).contains(Duration.ofMinutes(90));
    assertThat(job.options().peers()).isEqualTo(List.of("10.0.0.1:6881", "[::1]:6882"));
    assertThat(job.options().maxAttempts()).isEqualTo(Optional.of(4));
    assertThat(job.options().deadline()).contains(Duration.ofHours(2));
    assertThat(job.options().downloadBytesPerSecond()).isEqualTo(10L << 20);
    assertThat(job.options().uploadBytesPerSecond()).isEqualTo(500L << 10);
    assertThat(job.options().onExisting()).contains(OnExisting.SKIP);
  }

  @ParameterizedTest
  @CsvSource({
    "https://example.org/a.torrent, Url",
    "HTTP://example.org/a.torrent, Url",
    "s3://data/in/a b.torrent, StoredFile",
    "magnet:?xt=urn:btih:117e3a6665e8ff1b157e5ec37823578adb8a712b, Magnet",
  })
  void linksAreSources(String source, String kind) throws MessageException {
    CliRun run = CliRun.of(Map.of(), "submit", source, "-n", "-b", "data");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(decode(run.out()).source().getClass().getSimpleName()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--bucket UPPER|--bucket is \"UPPER\": expected a bucket name",
        "-b data --prefix /x|--prefix is \"/x\": expected a prefix",
        "-b data --priority 10|--priority is 10: expected an integer from 0 to 9",
        "-b data --priority x|Invalid value for option '--priority'",
        "-b data --seed-ratio 1001|--seed-ratio is 1001.0: expected a number from 0 to 1000",
        "-b data --seed-time 400d|--seed-time is PT9600H",
        "-b data --seed-time 5|'5' is not a duration",
        "-b data --peer h|--peer is \"h\": expected host:port",
        "-b data --max-attempts 0|--max-attempts is 0",
        "-b data --deadline 0s|--deadline is PT0S: expected a duration from PT1S to PT8760H",
        "-b data --deadline 366d|--deadline is PT8784H",
        "-b data --deadline soon|'soon' is not a duration",
        "-b data --download-limit x|'x' is not a rate",
        "-b data --key-template {name}|--key-template is '{name}', which gives all files of a torrent the same key: expected {prefix},",
        "-b data --key-template {x}/{path}|--key-template has {x}: expected {prefix},",
        "-b data --on-existing keep|'keep' is no such answer: expected one of overwrite, skip, fail",
        "-b data --label =x|--label has the name \"\"",
        "-b data --label x|--label",
        "-b data --id a/b|--id is \"a/b\"",
        "-b data --timeout 5s|--timeout needs --wait",
        "-b data -o xml|--output",
        "-b data --nonsense|Unknown option: '--nonsense'",
        "|--bucket",
      })
  void aBadOptionIsNamedAndExplained(String options, String complaint) {
    String arguments = "submit https://h/a -n " + (options == null ? "" : options);
    CliRun run = CliRun.of(Map.of(), arguments.strip().split(" +"));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("piecework: ")
        .contains(complaint)
        .contains("See \"piecework submit --help\".")
        .doesNotContain("Exception", "\tat ");
  }

  @Test
  void anIdIsForOneSource() {
    CliRun run =
        CliRun.of(Map.of(), "submit", "https://h/a", "https://h/b", "-b", "data", "--id", "x");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--id names one job, but there is more than one SOURCE");
  }

  @Test
  void aBadSourceIsNamedAndExplained() throws IOException {
    Path garbage = Files.writeString(folder.resolve("garbage"), "no torrent");
    Path truncated = folder.resolve("truncated");
    byte[] whole = Files.readAllBytes(torrent);
    Files.write(truncated, java.util.Arrays.copyOf(whole, whole.length / 2));
    Path huge = folder.resolve("huge");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(11L << 20);
    }

    assertBadSource(folder.resolve("none").toString(), "does not exist: expected a .torrent file");
    assertBadSource(folder.toString(), "is a folder");
    assertBadSource(garbage.toString(), "NOT_BENCODED");
    assertBadSource(truncated.toString(), "NOT_BENCODED");
    assertBadSource(huge.toString(), "has more than 10 MiB");
    assertBadSource("ftp://h/a", "sources of kind ftp:// are not known");
    assertBadSource("s3://data", "expected s3://bucket/key");
    assertBadSource("s3://Data/x", "expected a bucket name");
    assertBadSource("https://h/a b", "is not a URL");
    assertBadSource("https:///a", "names no host");
    assertBadSource("https://user:secret@h/a", "credentials");
    assertBadSource("magnet:xt", "begins with magnet:?");
  }

  private static void assertBadSource(String source, String complaint) {
    CliRun run = CliRun.of(Map.of(), "submit", source, "-n", "-b", "data");

    assertThat(run.exitCode()).as(source).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("piecework: ")
        .contains(complaint)
        .doesNotContain("Exception", "secret");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void aBrokerThatIsDownIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    CliRun run =
        CliRun.of(
            Map.of("PIECEWORK_BROKER_URI", "amqp://127.0.0.1:" + port),
            "submit",
            torrent.toString(),
            "-b",
            "data");

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.err())
        .contains("cannot reach the broker at amqp://127.0.0.1:" + port)
        .contains("(connection refused)", "PIECEWORK_BROKER_URI");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void aBrokerThatIsNoBrokerIsNamed() {
    CliRun run =
        CliRun.of(
            Map.of("PIECEWORK_BROKER_URI", "amqp://nowhere.invalid"),
            "submit",
            torrent.toString(),
            "-b",
            "data");

    assertThat(run.exitCode()).isEqualTo(5);
    assertThat(run.err()).contains("amqp://nowhere.invalid:5672/%2f (no such host)");
  }

  private static JobMessage decode(String line) throws MessageException {
    return JobMessageCodec.decode(line.getBytes(StandardCharsets.UTF_8));
  }
}
