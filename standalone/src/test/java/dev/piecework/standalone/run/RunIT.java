package dev.piecework.standalone.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.piecework.standalone.StandaloneMain;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.Processes.Outcome;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code piecework run} as a process, against a seeder that nobody here wrote. */
class RunIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path folder;

  @Test
  void bringsEveryFileAndListsItInJson() throws IOException {
    Path content = Content.manySmall(folder.resolve("seed/set"), 40, 20_000, 1);
    Content.file(content.resolve("sub/large.bin"), 20 * MEBIBYTE + 7, 2);
    Files.createFile(content.resolve("empty"));
    TestTorrent torrent = TorrentMaker.of(content).make();
    try (RunningClient seeder = seed(torrent)) {
      Outcome outcome = run(torrent, "--peer", address(seeder), "-o", "json").run(LIMIT);

      assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
      assertThat(Content.sums(to().resolve("set"))).isEqualTo(Content.sums(content));
      assertThat(names(to())).containsExactly(".piecework", "set");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state())))
          .isEqualTo("rwx------");
      assertThat(outcome.stdout().strip().lines()).hasSize(1);
      JsonNode job = new JsonMapper().readTree(outcome.stdout()).get("jobs").get(0);
      assertThat(job.get("state").asString()).isEqualTo("completed");
      assertThat(job.get("totalBytes").asLong()).isEqualTo(torrent.totalBytes());
      assertThat(job.get("files").size()).isEqualTo(Content.sums(content).size());
      assertThat(job.get("files").get(0).get("crc32c").asString()).isNotEmpty();
    }
  }

  @Test
  void goesOnWhereItWasAfterCtrlC() throws IOException {
    interrupted(ManagedProcess::interrupt, 130);
  }

  @Test
  void goesOnWhereItWasAfterKill() throws IOException {
    interrupted(ManagedProcess::kill, 137);
  }

  private interface Stop {
    void apply(ManagedProcess process);
  }

  private void interrupted(Stop stop, int exitCode) throws IOException {
    Path file = Content.file(folder.resolve("seed/large.bin"), 64 * MEBIBYTE, 3);
    TestTorrent torrent = TorrentMaker.of(file).make();
    try (RunningClient seeder =
        Client.LIBTORRENT.seed(torrent, ClientOptions.none().upload(6 * MEBIBYTE))) {
      try (ManagedProcess first = run(torrent, "--peer", address(seeder)).start()) {
        Await.until(
            "a third to be sent", LIMIT, () -> seeder.progress().uploadedBytes() > 20 * MEBIBYTE);
        stop.apply(first);
        int code = first.awaitExit(LIMIT);
        assertThat(code).as(first.describe()).isEqualTo(exitCode);
        if (exitCode == 130) {
          assertThat(first.stderr()).contains("the same command goes on from it");
          assertThat(names(to())).containsExactly(".piecework");
        }
      }
      Outcome second = run(torrent, "--peer", address(seeder)).run(LIMIT);

      assertThat(second.exitCode()).as(second.stderr()).isZero();
      assertThat(second.stderr()).contains("going on from the last checkpoint");
      assertThat(Content.sha256(to().resolve("large.bin"))).isEqualTo(Content.sha256(file));
      assertThat(seeder.progress().uploadedBytes())
          .as("nothing that had been written down is fetched twice")
          .isLessThan(torrent.totalBytes() + 18 * MEBIBYTE);
    }
  }

  @Test
  void saysSoWhenAllIsThereAlreadyAndFetchesAgainWhatWasChanged() throws IOException {
    Path file = Content.file(folder.resolve("seed/small.bin"), 9 * MEBIBYTE, 4);
    TestTorrent torrent = TorrentMaker.of(file).make();
    try (RunningClient seeder = seed(torrent)) {
      assertThat(run(torrent, "--peer", address(seeder)).run(LIMIT).exitCode()).isZero();

      Outcome again = run(torrent).run(LIMIT);
      assertThat(again.exitCode()).isZero();
      assertThat(again.stderr()).contains("is complete already");

      byte[] bytes = Files.readAllBytes(to().resolve("small.bin"));
      bytes[4711] ^= 1;
      Files.write(to().resolve("small.bin"), bytes);
      Outcome mended = run(torrent, "--peer", address(seeder)).run(LIMIT);
      assertThat(mended.exitCode()).as(mended.stderr()).isZero();
      assertThat(mended.stderr()).contains("1 file of 1 missing or changed");
      assertThat(Content.sha256(to().resolve("small.bin"))).isEqualTo(Content.sha256(file));
    }
  }

  @Test
  void givesUpWhenNobodyHasAnything() throws IOException {
    Path file = Content.file(folder.resolve("seed/lonely.bin"), MEBIBYTE, 5);
    TestTorrent torrent =
        TorrentMaker.of(file).make().withTrackers("http://127.0.0.1:" + Ports.free() + "/announce");
    Outcome outcome = run(torrent, "--patience", "3s").run(LIMIT);

    assertThat(outcome.exitCode()).as(outcome.stderr()).isEqualTo(4);
    assertThat(outcome.stdout()).contains("STALLED").contains("127.0.0.1");
    assertThat(outcome.stderr()).as("said once").doesNotContain("STALLED");
    assertThat(to().resolve("lonely.bin")).doesNotExist();
    assertNoStackTrace(outcome);
  }

  @Test
  void leavesByItselfWhenNobodyIsThere() throws IOException {
    Path file = Content.file(folder.resolve("seed/alone.bin"), MEBIBYTE, 10);
    String tracker = "127.0.0.1:" + Ports.free();
    TestTorrent torrent =
        TorrentMaker.of(file).make().withTrackers("http://" + tracker + "/announce?passkey=secret");
    Outcome outcome = run(torrent, "--no-peers-timeout", "4s").run(LIMIT);

    assertThat(outcome.exitCode()).as(outcome.stderr()).isEqualTo(12);
    assertThat(outcome.stderr())
        .contains("no peers yet; tracker " + tracker + ": ")
        .contains("nobody to download from")
        .contains("--peer HOST:PORT")
        .doesNotContain("secret");
    assertThat(outcome.stdout()).isEmpty();
    assertNoStackTrace(outcome);
  }

  @Test
  void refusesWhatIsNoTorrentBeforeAnythingBegins() throws IOException {
    Path text = Files.writeString(folder.resolve("text.torrent"), "no torrent");
    Path file = Content.file(folder.resolve("seed/x.bin"), MEBIBYTE, 6);
    byte[] metainfo = TorrentMaker.of(file).make().metainfo();
    Path cut = folder.resolve("cut.torrent");
    Files.write(cut, java.util.Arrays.copyOf(metainfo, metainfo.length - 10));

    refused(3, "missing.torrent", folder.resolve("missing.torrent").toString());
    refused(3, "text.torrent", text.toString());
    refused(3, "cut.torrent", cut.toString());
    assertThat(to()).doesNotExist();
  }

  @Test
  void refusesAtOnceWhatHasPiecesLongerThanItsMemory() throws IOException {
    Path file = folder.resolve("long.bin");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(130 * MEBIBYTE);
    }
    TestTorrent torrent = TorrentMaker.of(file).pieceBytes(Math.toIntExact(128 * MEBIBYTE)).make();

    // Long before its patience is over.
    Outcome outcome = run(torrent, "--peer", "127.0.0.1:9", "--patience", "1h").run(LIMIT);

    assertThat(outcome.exitCode()).as(outcome.stderr()).isEqualTo(4);
    assertThat(outcome.stdout())
        .contains("LIMIT_EXCEEDED", "134217728", "67108864", "piecework.engine.piece-buffer");
    assertNoStackTrace(outcome);
  }

  @Test
  void refusesBadOptionsAndFolders() throws IOException {
    Path file = Content.file(folder.resolve("seed/y.bin"), MEBIBYTE, 7);
    String torrent = TorrentMaker.of(file).make().write(folder.resolve("y.torrent")).toString();

    refused(2, "--no-such-option", torrent, "--no-such-option");
    refused(2, "--peer", torrent, "--peer", "nonsense");
    refused(2, "--seed-time", torrent, "--seed-time", "soon");
    Files.writeString(to(), "a file");
    refused(2, "is a file", torrent);
  }

  @Test
  void twoInOneFolderAreRefused() throws IOException {
    Path file = Content.file(folder.resolve("seed/z.bin"), MEBIBYTE, 8);
    TestTorrent torrent = TorrentMaker.of(file).make();
    try (RunFolder taken = RunFolder.open(to())) {
      Outcome outcome = run(torrent).run(LIMIT);
      assertThat(outcome.exitCode()).isEqualTo(2);
      assertThat(outcome.stderr())
          .contains("another piecework")
          .contains(taken.content().toString());
    }
  }

  @Test
  void doesNotOverwriteWhatIsNotItsOwn() throws IOException {
    Path file = Content.file(folder.resolve("seed/mine.bin"), MEBIBYTE, 9);
    TestTorrent torrent = TorrentMaker.of(file).make();
    Files.createDirectories(to());
    Files.writeString(to().resolve("mine.bin"), "precious");
    Outcome outcome = run(torrent).run(LIMIT);

    assertThat(outcome.exitCode()).isEqualTo(2);
    assertThat(outcome.stderr()).contains("exists already");
    assertThat(to().resolve("mine.bin")).hasContent("precious");
  }

  @Test
  void doesNotOverwriteWhatALinksTorrentNames() throws IOException {
    Path file = Content.file(folder.resolve("seed/.bashrc"), 9 * MEBIBYTE, 11);
    Path set = folder.resolve("seed/set");
    Content.file(set.resolve("small"), 1000, 12);
    Files.createDirectories(to().resolve("set"));
    Path profile = Files.writeString(to().resolve(".bashrc"), "precious");
    Files.writeString(to().resolve("set/small"), "precious, too");
    try (LinkedTorrent large = LinkedTorrent.of(TorrentMaker.of(file).make());
        LinkedTorrent many = LinkedTorrent.of(TorrentMaker.of(set).make())) {
      for (LinkedTorrent each : List.of(large, many)) {
        Outcome outcome = each.run(to());
        assertThat(outcome.exitCode()).as(outcome.stdout() + outcome.stderr()).isEqualTo(2);
        assertThat(outcome.stdout()).contains("DESTINATION_REFUSED", "exists already");
        assertNoStackTrace(outcome);
      }
      assertThat(profile).hasContent("precious");
      assertThat(to().resolve("set/small")).hasContent("precious, too");

      Files.move(profile, to().resolve("mine"));
      Outcome outcome = large.run(to());
      assertThat(outcome.exitCode()).as(outcome.stdout() + outcome.stderr()).isZero();
      assertThat(outcome.stderr())
          .contains(".bashrc has 1 file with a name that begins with a dot");
      assertThat(Content.sha256(profile)).isEqualTo(Content.sha256(file));
    }
  }

  /** A torrent behind an http URL, and somebody who has its content. */
  private record LinkedTorrent(HttpServer server, RunningClient seeder) implements AutoCloseable {
    static LinkedTorrent of(TestTorrent torrent) throws IOException {
      HttpServer server = HttpServer.create(Ports.loopback(0), 0);
      server.createContext(
          "/it.torrent",
          exchange -> {
            exchange.sendResponseHeaders(200, torrent.metainfo().length);
            exchange.getResponseBody().write(torrent.metainfo());
            exchange.close();
          });
      server.start();
      return new LinkedTorrent(server, seed(torrent));
    }

    Outcome run(Path to) {
      String url = "http://127.0.0.1:%d/it.torrent".formatted(server.getAddress().getPort());
      return process(List.of(url, "--to", to.toString(), "--peer", address(seeder))).run(LIMIT);
    }

    @Override
    public void close() {
      server.stop(0);
      seeder.close();
    }
  }

  @Test
  void stateOfAnotherUserIsRefused() throws IOException {
    Needs.root();
    Files.createDirectories(state());
    Files.setAttribute(state(), "unix:uid", 65_534);
    refused(2, "belongs to user nobody", "http://127.0.0.1:9/never-asked");
  }

  @Test
  void stateOfAnEarlierVersionIsGoneOnFrom() throws Exception {
    Path file = Content.file(folder.resolve("seed/before.bin"), 9 * MEBIBYTE, 13);
    TestTorrent torrent = TorrentMaker.of(file).make();
    try (RunningClient seeder = seed(torrent)) {
      assertThat(run(torrent, "--peer", address(seeder)).run(LIMIT).exitCode()).isZero();
      asBefore();
      // What was made is known from the record of what was complete, and may be replaced.
      Files.setPosixFilePermissions(state(), PosixFilePermissions.fromString("rwxr-xr-x"));
      byte[] bytes = Files.readAllBytes(file);
      bytes[0] ^= 1;
      Files.write(to().resolve("before.bin"), bytes);
      Outcome outcome = run(torrent, "--peer", address(seeder)).run(LIMIT);
      assertThat(outcome.exitCode()).as(outcome.stdout() + outcome.stderr()).isZero();
      assertThat(Content.sha256(to().resolve("before.bin"))).isEqualTo(Content.sha256(file));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state())))
          .isEqualTo("rwx------");
    }
  }

  /** Makes the state what versions left whose database had an administrator without password. */
  private void asBefore() throws Exception {
    Files.delete(state().resolve("made"));
    Properties logins = new Properties();
    try (var in = Files.newInputStream(state().resolve("database/logins"))) {
      logins.load(in);
    }
    try (var connection =
            DriverManager.getConnection(
                "jdbc:h2:file:" + state().resolve("database/jobs"),
                "piecework_admin",
                logins.getProperty("piecework_admin"));
        var statement = connection.createStatement()) {
      statement.execute("ALTER USER piecework SET PASSWORD ''");
      statement.execute("ALTER USER piecework ADMIN TRUE");
      statement.execute("REVOKE ALTER ANY SCHEMA FROM piecework");
    }
    try (var connection =
            DriverManager.getConnection(
                "jdbc:h2:file:" + state().resolve("database/jobs"), "piecework", "");
        var statement = connection.createStatement()) {
      statement.execute("DROP USER piecework_admin");
    }
    Files.delete(state().resolve("database/logins"));
  }

  private Path state() {
    return to().resolve(".piecework");
  }

  private void refused(int exitCode, String word, String... arguments) {
    List<String> all = new ArrayList<>(List.of("--to", to().toString()));
    all.addAll(List.of(arguments));
    Outcome outcome = process(all).run(LIMIT);
    assertThat(outcome.exitCode()).as(outcome.stderr()).isEqualTo(exitCode);
    assertThat(outcome.stderr()).contains(word);
    assertThat(outcome.stdout()).isEmpty();
    assertNoStackTrace(outcome);
  }

  private static void assertNoStackTrace(Outcome outcome) {
    assertThat(outcome.stderr()).doesNotContain("\tat ").doesNotContain("Exception");
  }

  private static RunningClient seed(TestTorrent torrent) {
    Client.LIBTORRENT.require();
    return Client.LIBTORRENT.seed(torrent);
  }

  private static String address(RunningClient seeder) {
    return "127.0.0.1:" + seeder.address().getPort();
  }

  private Path to() {
    return folder.resolve("downloads");
  }

  private Processes run(TestTorrent torrent, String... options) {
    List<String> arguments = new ArrayList<>();
    arguments.add(torrent.write(folder.resolve("it.torrent")).toString());
    arguments.addAll(List.of("--to", to().toString()));
    arguments.addAll(List.of(options));
    return process(arguments);
  }

  private static Processes process(List<String> arguments) {
    List<String> command = new ArrayList<>();
    // As the launcher starts it.
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-XX:MaxDirectMemorySize=128m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            StandaloneMain.class.getName(),
            "run"));
    command.addAll(arguments);
    return Processes.java(command).name("piecework run");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
