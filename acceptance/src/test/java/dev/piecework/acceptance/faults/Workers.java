package dev.piecework.acceptance.faults;

import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The places where workers run: one process each, replaced when it ends. */
final class Workers implements AutoCloseable {
  private static final Duration STOP_LIMIT = Duration.ofMinutes(2);

  private final Path hosts = Folders.temporary("faults-hosts");
  private final List<WorkerPlace> places;

  /**
   * Starts them.
   *
   * @param logs where their output goes when they have ended
   */
  Workers(int count, Map<String, String> environment, Path logs) {
    places =
        IntStream.range(0, count)
            .mapToObj(number -> new WorkerPlace(number, hosts, environment, logs))
            .toList();
    places.forEach(WorkerPlace::start);
  }

  int count() {
    return places.size();
  }

  /** {@code kill -9}, and another one after a while. */
  void kill(int number, Duration away, boolean hostLost) throws InterruptedException {
    WorkerPlace place = places.get(number);
    place.replacing(true);
    place.kill();
    Thread.sleep(away);
    if (hostLost) {
      place.loseHost();
    }
    place.start();
  }

  /** SIGSTOP, and SIGCONT after a while. */
  void freeze(int number, Duration length) throws InterruptedException {
    WorkerPlace place = places.get(number);
    place.process().freeze();
    try {
      Thread.sleep(length);
    } finally {
      place.process().thaw();
    }
  }

  /**
   * SIGTERM, its end, and its start again after a while.
   *
   * @throws IllegalStateException if it did not end as it should
   */
  void terminate(int number, Duration away) throws InterruptedException {
    WorkerPlace place = places.get(number);
    boolean wasUp = place.up();
    place.replacing(true);
    try {
      place.process().terminate();
      int exitCode = place.process().awaitExit(STOP_LIMIT);
      // Before it is up there is nothing to hand back, and no handler yet.
      if (wasUp && exitCode != ExitCode.TERMINATED.code()) {
        throw new IllegalStateException(
            "worker %d ended with exit code %d after SIGTERM".formatted(number, exitCode));
      }
      Thread.sleep(away);
    } finally {
      place.start();
    }
  }

  /**
   * Sees to it that a process runs in every place.
   *
   * @return whether all are up
   * @throws IllegalStateException if one ended or hangs for no reason that a fault gives
   */
  boolean revive() {
    boolean all = true;
    for (WorkerPlace place : places) {
      all &= place.revive();
    }
    return all;
  }

  /** Lines that no worker should have written since this was asked last. */
  List<String> newComplaints() {
    List<String> complaints = new ArrayList<>();
    places.forEach(place -> complaints.addAll(place.newComplaints()));
    return complaints;
  }

  /** Folders of jobs in the scratch of all hosts that still exist. */
  List<String> scratch() {
    try (Stream<Path> all = Files.list(hosts)) {
      List<String> jobs = new ArrayList<>();
      for (Path host : all.toList()) {
        Path folder = host.resolve("jobs");
        if (Files.isDirectory(folder)) {
          try (Stream<Path> found = Files.list(folder)) {
            found.forEach(job -> jobs.add(host.getFileName() + "/" + job.getFileName()));
          }
        }
      }
      return jobs;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + hosts, e);
    }
  }

  /** Writes what the running ones have said so far to the logs' folder. */
  void saveLogs() {
    places.forEach(WorkerPlace::saveLog);
  }

  @Override
  public void close() {
    places.forEach(WorkerPlace::close);
    Folders.delete(hosts);
  }
}
