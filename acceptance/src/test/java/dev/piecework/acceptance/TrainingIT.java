package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Await;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.Processes.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worker's class cache, made by jobs as launcher and image make it, with the real jars. */
class TrainingIT {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  @TempDir Path folder;
  private Path temporary;

  @BeforeEach
  void makeFolder() throws IOException {
    temporary = Files.createDirectories(folder.resolve("tmp"));
  }

  @Test
  void theCacheKnowsTheClassesOfAJobAndFits() throws IOException {
    Path cache = folder.resolve("cache");
    Outcome made = training(List.of("-XX:AOTCacheOutput=" + cache)).run(LIMIT);
    assertThat(made.exitCode()).as(made.stderr()).isZero();
    assertThat(cache).exists();

    // Where the cache does not fit, Java does not start in this mode.
    Path classes = folder.resolve("classes");
    Outcome used =
        training(
                List.of(
                    "-XX:AOTMode=on", "-XX:AOTCache=" + cache, "-Xlog:class+load:file=" + classes))
            .run(LIMIT);
    assertThat(used.exitCode()).as(used.stderr()).isZero();
    List<String> loaded = Files.readAllLines(classes);
    // None of them is loaded by a start without a job.
    for (String type :
        List.of(
            "dev.piecework.metainfo.MetainfoParser",
            "dev.piecework.engine.TorrentListener",
            "dev.piecework.worker.verify.Manifest")) {
      assertThat(loaded)
          .as(type)
          .anyMatch(line -> line.contains(type + " source: shared objects file"));
    }
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void aTrainingWhoseWorkerDiesEndsWithOneLineAndLeavesNothing() throws IOException {
    try (ManagedProcess trainer =
        training(List.of("-XX:AOTCacheOutput=" + folder.resolve("cache"))).start()) {
      Await.until(
          "the worker",
          LIMIT,
          () -> ProcessHandle.of(trainer.pid()).orElseThrow().children().count() == 1);
      ProcessHandle.of(trainer.pid())
          .orElseThrow()
          .children()
          .forEach(ProcessHandle::destroyForcibly);

      assertThat(trainer.awaitExit(LIMIT)).isNotZero();
      assertThat(trainer.stderr().lines().filter(line -> line.startsWith("piecework: ")))
          .as(trainer.describe())
          .singleElement()
          .asString()
          .contains("training failed");
    }
    assertThat(leftBehind()).isEmpty();
  }

  private Processes training(List<String> workerFlags) {
    List<String> command = new ArrayList<>(List.of("-Djava.io.tmpdir=" + temporary));
    List<String> worker = new ArrayList<>();
    worker.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    worker.addAll(workerFlags);
    worker.addAll(Launcher.worker());
    List<String> arguments =
        new ArrayList<>(List.of("train-worker", "--small-jobs=2", "--large-job=16m", "--"));
    arguments.addAll(worker);
    command.addAll(Launcher.standalone(arguments));
    return Processes.java(command);
  }

  private List<Path> leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.toList();
    }
  }
}
