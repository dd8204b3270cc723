package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.Launcher;
import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.Folders;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One place for a worker: a host's scratch folder, and the process that runs there now. */
final class WorkerPlace implements AutoCloseable {
  private static final Duration UP_LIMIT = Duration.ofMinutes(4);

  private final int number;
  private final Path hosts;
  private final Map<String, String> environment;
  private final Path logs;
  private final List<String> complaints = new ArrayList<>();
  private int host;
  private boolean replacing;
  private long startedAt;
  private int life;
  private int charactersRead;
  private Optional<ManagedProcess> process = Optional.empty();

  WorkerPlace(int number, Path hosts, Map<String, String> environment, Path logs) {
    this.number = number;
    this.hosts = hosts;
    this.environment = environment;
    this.logs = logs;
  }

  /** Starts a process; what an earlier one wrote is kept. */
  synchronized void start() {
    end();
    life++;
    replacing = false;
    startedAt = System.nanoTime();
    process =
        Optional.of(
            Processes.java(Launcher.worker())
                .name("worker " + number)
                .environment(environment)
                .environment("PIECEWORK_SCRATCH_DIRECTORY", hostFolder().toString())
                .start());
  }

  /** The process of now. */
  synchronized ManagedProcess process() {
    return process.orElseThrow();
  }

  synchronized boolean up() {
    return process().stdout().contains(" is up");
  }

  synchronized void kill() {
    process().kill();
  }

  /** The machine is gone with its disk; the next process runs on a new one. */
  synchronized void loseHost() {
    Folders.delete(hostFolder());
    host++;
  }

  /**
   * Starts another process where the last one gave up for want of a service, as any supervisor
   * does.
   *
   * @return whether the process is up
   * @throws IllegalStateException if one ended for no reason that a fault gives, or does not come
   *     up
   */
  synchronized boolean revive() {
    if (replacing) {
      return false;
    }
    if (!process().alive()) {
      int exitCode = process().awaitExit(Duration.ZERO);
      String last = process().describe();
      start();
      if (exitCode != ExitCode.DATABASE_UNAVAILABLE.code()
          && exitCode != ExitCode.BROKER_UNAVAILABLE.code()) {
        throw new IllegalStateException(
            "worker %d ended by itself with exit code %d: %s".formatted(number, exitCode, last));
      }
    }
    if (up()) {
      return true;
    }
    if (System.nanoTime() - startedAt > UP_LIMIT.toNanos()) {
      String last = process().describe();
      start();
      throw new IllegalStateException("worker %d does not come up: %s".formatted(number, last));
    }
    return false;
  }

  /** A fault ends the process and will start the next one itself. */
  synchronized void replacing(boolean now) {
    replacing = now;
  }

  /** Lines of errors and stack traces since the last call. */
  synchronized List<String> newComplaints() {
    read();
    List<String> found = List.copyOf(complaints);
    complaints.clear();
    return found;
  }

  synchronized void saveLog() {
    process.ifPresent(running -> {
      String log = running.stdout() + "\n--- stderr\n" + running.stderr();
      try {
        Files.writeString(
            logs.resolve("worker-%d-host-%d-life-%03d.log".formatted(number, host, life)), log);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot keep a worker's log", e);
      }
    });
  }

  @Override
  public synchronized void close() {
    end();
    process = Optional.empty();
  }

  private Path hostFolder() {
    return hosts.resolve("host-%d-%d".formatted(number, host));
  }

  private void end() {
    process.ifPresent(ended -> {
      ended.kill();
      read();
      saveLog();
      ended.close();
    });
    charactersRead = 0;
  }

  private void read() {
    if (process.isEmpty()) {
      return;
    }
    String log = process.get().stdout();
    String fresh = log.substring(Math.min(charactersRead, log.length()));
    charactersRead = log.length();
    String before = "";
    boolean inTrace = false;
    for (String line : fresh.lines().toList()) {
      boolean frame = line.startsWith("\tat ");
      if (frame && !inTrace) {
        complain("stack trace of " + before);
      } else if (line.contains(" ERROR ")) {
        complain(line);
      }
      inTrace = frame || line.startsWith("\t") || line.startsWith("Caused by: ");
      before = line;
    }
  }

  private void complain(String what) {
    complaints.add("worker %d (life %d): %s".formatted(number, life, what.strip()));
  }
}
