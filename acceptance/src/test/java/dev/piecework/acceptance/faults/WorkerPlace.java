package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.JumpingClock;
import dev.piecework.acceptance.Launcher;
import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.Folders;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One place for a worker: a host's scratch folder, and the process that runs there now. */
final class WorkerPlace implements AutoCloseable {
  private static final Duration UP_LIMIT = Duration.ofMinutes(4);

  /** As {@link RoundJob} names them. */
  private static final Pattern JOB_OF_A_ROUND = Pattern.compile("\\bjob s\\d+-r\\d+-[jp]\\d+\\b");

  private static final Pattern LEASE_GONE =
      Pattern.compile("lease on job (\\S+) \\(epoch (\\d+)\\) is gone");
  private static final Pattern NOT_RENEWED =
      Pattern.compile(" job=(\\S+) .*epoch=(\\d+).*could not be renewed");

  private final int number;
  private final String suffix;
  private final Path hosts;
  private final Installation installation;
  private final WorkerLinks links;
  private final JumpingClock clock;
  private final Path logs;
  private final List<String> complaints = new ArrayList<>();
  private final Set<String> leasesGone = new HashSet<>();
  private int host;
  private int twins;
  private boolean replacing;
  private long startedAt;
  private int life;
  private int charactersRead;
  private Optional<ManagedProcess> process = Optional.empty();

  WorkerPlace(int number, Path hosts, Installation installation, Path logs) throws IOException {
    this(number, "", hosts, installation, logs);
  }

  private WorkerPlace(int number, String suffix, Path hosts, Installation installation, Path logs)
      throws IOException {
    this.number = number;
    this.suffix = suffix;
    this.hosts = hosts;
    this.installation = installation;
    this.links = installation.links();
    this.clock =
        JumpingClock.in(Files.createDirectories(hosts.resolve("clock-" + number + suffix)));
    this.logs = logs;
  }

  /** Its links to the services. */
  WorkerLinks links() {
    return links;
  }

  /** Its time of day. */
  JumpingClock clock() {
    return clock;
  }

  /**
   * A place for another process with the identity of this one's scratch, and nothing of its
   * content.
   */
  synchronized WorkerPlace twin() throws IOException {
    twins++;
    WorkerPlace twin = new WorkerPlace(number, "-twin-" + twins, hosts, installation, logs);
    Path folder = Files.createDirectories(twin.hostFolder());
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Path id = hostFolder().resolve("id");
    if (Files.exists(id)) {
      Files.copy(id, folder.resolve("id"));
    }
    return twin;
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
                .name("worker " + number + suffix)
                .environment(installation.workerEnvironment(links))
                .environment(clock.environment())
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
            logs.resolve("worker-%d%s-host-%d-life-%03d.log".formatted(number, suffix, host, life)),
            log);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot keep a worker's log", e);
      }
    });
  }

  @Override
  public synchronized void close() {
    end();
    process = Optional.empty();
    links.close();
  }

  private Path hostFolder() {
    return hosts.resolve("host-%d%s-%d".formatted(number, suffix, host));
  }

  private void end() {
    process.ifPresent(ended -> {
      ended.kill();
      read();
      saveLog();
      ended.close();
    });
    charactersRead = 0;
    leasesGone.clear();
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
      } else if (JOB_OF_A_ROUND.matcher(line).find() && !line.contains(" job=")) {
        complain("a line about a job without its job: " + line);
      } else {
        renewals(line);
      }
      inTrace = frame || line.startsWith("\t") || line.startsWith("Caused by: ");
      before = line;
    }
  }

  /** Nothing is said of renewing a lease that is gone. */
  private void renewals(String line) {
    Matcher gone = LEASE_GONE.matcher(line);
    if (gone.find()) {
      leasesGone.add(gone.group(1) + " " + gone.group(2));
    }
    Matcher renewal = NOT_RENEWED.matcher(line);
    if (renewal.find() && leasesGone.contains(renewal.group(1) + " " + renewal.group(2))) {
      complain("a lease that is gone is to be renewed: " + line);
    }
  }

  private void complain(String what) {
    complaints.add("worker %d%s (life %d): %s".formatted(number, suffix, life, what.strip()));
  }
}
