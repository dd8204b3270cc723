package dev.piecework.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Await;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.Processes.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script in a tree of its own, with a Maven and a JDK that only write down calls. */
class LauncherTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;
  private Path tree;
  private Path jdk;

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectories(folder.resolve("tree"));
    Files.copy(Path.of("..", "piecework").toAbsolutePath().normalize(), tree.resolve("piecework"));
    executable(tree.resolve("piecework"), Files.readString(tree.resolve("piecework")));
    for (String module :
        List.of("shared-model", "bittorrent", "worker", "producer-cli", "standalone")) {
      Files.createDirectories(tree.resolve(module).resolve("src/main/java"));
      Files.writeString(tree.resolve(module).resolve("pom.xml"), "");
    }
    Files.writeString(tree.resolve("pom.xml"), "");
    Files.createDirectories(tree.resolve(".mvn"));
    executable(
        tree.resolve("mvnw"),
        """
        #!/bin/sh
        echo "$@" >> builds
        if [ -e broken ]; then echo '[ERROR] Some.java: no semicolon'; exit 1; fi
        for module in worker producer-cli standalone; do
          mkdir -p $module/target && : > $module/target/$module.jar
        done
        """);
    jdk = jdk("jdk-25", "25.0.3");
  }

  /** It makes class caches in the background, in the tree that would be deleted meanwhile. */
  @AfterEach
  void awaitTheLauncher() {
    Await.until(
        "the end of all that the launcher has started",
        LIMIT,
        () ->
            ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .noneMatch(command -> command.contains(folder.toString())));
  }

  @Test
  void buildsOnceAndNotAgainWhileNothingChanges() {
    assertThat(piecework("version").exitCode()).isZero();
    assertThat(piecework("version").stderr()).doesNotContain("building");
    assertThat(piecework("run", "x.torrent").stderr()).doesNotContain("building");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void buildsAgainWhenASourceIsNewerOrGone() throws IOException {
    piecework("version");
    Path source = tree.resolve("worker/src/main/java/New.java");
    Files.writeString(source, "");
    inTheFuture(source);
    assertThat(piecework("version").stderr()).contains("building...");
    assertThat(builds()).hasSize(2);

    Files.delete(tree.resolve("standalone/target/standalone.jar"));
    piecework("version");
    assertThat(builds()).hasSize(3);
  }

  @Test
  void twoAtOnceBuildOnce() {
    List<CompletableFuture<Outcome>> both = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      both.add(CompletableFuture.supplyAsync(() -> piecework("version")));
    }
    both.forEach(outcome -> assertThat(outcome.join().exitCode()).isZero());
    assertThat(builds()).hasSize(1);
  }

  @Test
  void aLockWhoseOwnerDiedIsNotWaitedFor() throws IOException {
    Files.createDirectories(tree.resolve("target/launcher-lock"));
    Files.writeString(tree.resolve("target/launcher-lock/pid"), "999999999");
    assertThat(piecework("version").exitCode()).isZero();
  }

  @Test
  void aLockThatNamesNoOwnerIsNotWaitedForForEver() throws IOException {
    Files.createDirectories(tree.resolve("target/launcher-lock"));
    assertThat(piecework("version").exitCode()).isZero();
  }

  @Test
  void whatAnotherUserHasBuiltIsUsed() throws IOException {
    assertThat(piecework("version").exitCode()).isZero();
    Outcome outcome = asNobody("version");
    assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
    assertThat(outcome.stderr()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void whatAnotherUserMustBuildIsNotWaitedFor() throws IOException {
    Outcome never = asNobody("version");
    assertThat(never.exitCode()).isEqualTo(1);
    assertThat(never.stderr()).contains("belongs to root", "Have that user run it once");

    piecework("version");
    Path source = tree.resolve("worker/src/main/java/New.java");
    Files.writeString(source, "");
    inTheFuture(source);
    Outcome old = asNobody("version");
    assertThat(old.exitCode()).isEqualTo(1);
    assertThat(old.stderr()).contains("tree/target belongs to root").doesNotContain("waiting");

    Files.createDirectories(tree.resolve("target/launcher-lock"));
    assertThat(asNobody("version").stderr()).doesNotContain("waiting");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void aBuildOfAnotherUserIsWaitedFor() throws IOException {
    Needs.root();
    Path target = Files.createDirectories(tree.resolve("target"));
    Path lock = Files.createDirectories(target.resolve("launcher-lock"));
    // This very process, which nobody may not send a signal to.
    Files.writeString(lock.resolve("pid"), Long.toString(ProcessHandle.current().pid()));
    for (String folder :
        List.of("", "shared-model", "bittorrent", "worker", "producer-cli", "standalone")) {
      everybodys(Files.createDirectories(tree.resolve(folder).resolve("target")));
    }
    everybodys(tree);
    try (ManagedProcess waiting = nobody("version").start()) {
      Await.until(
          "it to wait", LIMIT, () -> waiting.stderr().contains("waiting for another build"));
      Files.delete(lock.resolve("pid"));
      Files.delete(lock);
      assertThat(waiting.awaitExit(LIMIT)).as(waiting.describe()).isZero();
    }
  }

  @Test
  void showsWhatIsWrongWhenTheBuildFails() throws IOException {
    Files.writeString(tree.resolve("broken"), "");
    Outcome outcome = piecework("version");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.stderr()).contains("Some.java: no semicolon").contains("the build failed");
    assertThat(outcome.stdout()).isEmpty();
  }

  @Test
  void startsTheProgramThatHasTheCommandAndPassesArgumentsOn() {
    assertThat(piecework("run", "a b.torrent").stdout())
        .contains("[-jar]", "standalone/target/standalone.jar]", "[run]", "[a b.torrent]");
    assertThat(piecework("submit", "x").stdout())
        .contains("producer-cli/target/producer-cli.jar]", "[submit]");
    assertThat(piecework("worker").stdout())
        .contains("worker/target/worker.jar]")
        .doesNotContain("[worker]");
  }

  @Test
  void keepsTheFolderOfItsCallerAlsoThroughASymlink() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("pw"), tree.resolve("piecework"));
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Outcome outcome =
        Processes.command(link.toString(), "version")
            .environment("JAVA_HOME", jdk.toString())
            .directory(elsewhere)
            .run(LIMIT);
    assertThat(outcome.stdout()).contains("cwd=" + elsewhere.toRealPath());
  }

  @Test
  void passesOverAJdkThatIsTooOld() throws IOException {
    Path old = jdk("jdk-17", "17.0.9");
    Outcome outcome =
        Processes.command(tree.resolve("piecework").toString(), "version")
            .environment("JAVA_HOME", old.toString())
            .environment("PATH", jdk.resolve("bin") + ":/usr/bin:/bin")
            .run(LIMIT);
    assertThat(outcome.stdout()).contains("jdk=" + jdk.getFileName());
  }

  @Test
  void javaOptionsOfTheUserComeLast() {
    Outcome outcome =
        Processes.command(tree.resolve("piecework").toString(), "worker")
            .environment("JAVA_HOME", jdk.toString())
            .environment("PIECEWORK_JAVA_OPTS", "-Xmx1g -Dx=y")
            .run(LIMIT);
    assertThat(outcome.stdout()).contains("[-Xmx1g] [-Dx=y] [-jar]");
  }

  @Test
  void theWorkersClassCacheIsMadeByJobs() {
    assertThat(cacheAfter(piecework("worker"))).isEqualTo("jobs");
  }

  @Test
  void theWorkersClassCacheIsMadeByAStartWhereJobsFail() throws IOException {
    Files.writeString(tree.resolve("no-jobs"), "");
    assertThat(cacheAfter(piecework("worker"))).isEqualTo("start amqp://127.0.0.1:9");
  }

  @Test
  void settingsOfTheUserDoNotReachTheTraining() {
    Outcome outcome =
        Processes.command(tree.resolve("piecework").toString(), "worker")
            .environment("JAVA_HOME", jdk.toString())
            .environment("PIECEWORK_BROKER_URI", "amqp://user.example")
            .run(LIMIT);
    assertThat(cacheAfter(outcome)).isEqualTo("jobs");
  }

  /** What the worker's cache was made by, which happens in the background. */
  private String cacheAfter(Outcome outcome) {
    assertThat(outcome.exitCode()).isZero();
    awaitTheLauncher();
    try (var files = Files.newDirectoryStream(tree.resolve("target"), "worker-*.aot")) {
      return Files.readString(files.iterator().next()).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome piecework(String... arguments) {
    List<String> command = new ArrayList<>(List.of(tree.resolve("piecework").toString()));
    command.addAll(List.of(arguments));
    return Processes.command(command).environment("JAVA_HOME", jdk.toString()).run(LIMIT);
  }

  private Outcome asNobody(String... arguments) throws IOException {
    return nobody(arguments).run(LIMIT);
  }

  private Processes nobody(String... arguments) throws IOException {
    Needs.root();
    Needs.program("setpriv", "util-linux");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    command.add(tree.resolve("piecework").toString());
    command.addAll(List.of(arguments));
    return Processes.command(command).environment("JAVA_HOME", jdk.toString()).directory(folder);
  }

  private static void everybodys(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  private List<String> builds() {
    try {
      return Files.readAllLines(tree.resolve("builds"));
    } catch (IOException e) {
      return List.of();
    }
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    executable(
        home.resolve("bin/java"),
        """
        #!/bin/sh
        echo jdk=%s cwd=$(pwd -P)
        by=start
        for a in "$@"; do
          printf '[%%s] ' "$a"
          case $a in
            train-worker) [ ! -e %s ] || exit 1; by=jobs ;;
            -XX:AOTCacheOutput=*) echo $by $PIECEWORK_BROKER_URI >"${a#*=}" ;;
          esac
        done
        """
            .formatted(name, tree.resolve("no-jobs")));
    executable(home.resolve("bin/javac"), "#!/bin/sh\necho javac " + version + "\n");
    return home;
  }

  private static void executable(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void inTheFuture(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(5)));
  }
}
