package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.JumpingClock;
import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** The places where workers run: one process each, replaced when it ends. */
final class Workers implements AutoCloseable {
  private static final Duration UP_LIMIT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration STOP_LIMIT = Duration.ofMinutes(2);

  private final Path hosts = Folders.temporary("faults-hosts");
  private final List<WorkerPlace> places;
  private final List<WorkerPlace> twins = new CopyOnWriteArrayList<>();

  /**
   * Starts them.
   *
   * @param logs where their output goes when they have ended
   */
  Workers(int count, Installation installation, Path logs) throws IOException {
    List<WorkerPlace> made = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      made.add(new WorkerPlace(number, hosts, installation, logs));
    }
    places = List.copyOf(made);
    places.forEach(WorkerPlace::start);
  }

  /** The links of one of them. */
  WorkerLinks links(int number) {
    return places.get(number).links();
  }

  /** Its time of day is an hour ahead for a while. */
  void clockAhead(int number, Duration length) throws IOException, InterruptedException {
    JumpingClock clock = places.get(number).clock();
    clock.set(Duration.ofHours(1));
    try {
      Thread.sleep(length);
    } finally {
      clock.set(Duration.ZERO);
    }
  }

  /**
   * Another process with its scratch identity, as on a machine that was copied; ended after a
   * while.
   *
   * @throws IllegalStateException if it did not end as it should
   */
  void twin(int number, Duration length) throws IOException, InterruptedException {
    WorkerPlace place = places.get(number);
    try (WorkerPlace twin = place.twin()) {
      twins.add(twin);
      twin.start();
      long deadline = System.nanoTime() + UP_LIMIT.toNanos();
      while (!twin.up() && twin.process().alive() && System.nanoTime() < deadline) {
        Thread.sleep(POLL);
      }
      boolean wasUp = twin.up();
      if (wasUp) {
        Thread.sleep(length);
      }
      twin.process().terminate();
      int exitCode = twin.process().awaitExit(STOP_LIMIT);
      if (wasUp && exitCode != ExitCode.TERMINATED.code()) {
        throw new IllegalStateException(
            "the twin of worker %d ended with exit code %d after SIGTERM"
                .formatted(number, exitCode));
      }
    }
    twins.forEach(WorkerPlace::loseHost);
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
    twins.forEach(twin -> complaints.addAll(twin.newComplaints()));
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
