package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A child process whose output is kept in files, that can be asked for its memory, stopped, frozen
 * and killed, and that never outlives the test: {@link #close} kills it with all it started, and so
 * does the end of this JVM. Made by {@link Processes}.
 */
public final class ManagedProcess implements AutoCloseable {
  private static final int TAIL_CHARACTERS = 6000;
  private static final Set<ManagedProcess> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> RUNNING.forEach(ManagedProcess::kill), "testkit-kill-children"));
  }

  private final String name;
  private final List<String> command;
  private final Process process;
  private final Path logFolder;

  ManagedProcess(String name, List<String> command, Process process, Path logFolder) {
    this.name = name;
    this.command = List.copyOf(command);
    this.process = process;
    this.logFolder = logFolder;
    RUNNING.add(this);
  }

  /** The name it was given. */
  public String name() {
    return name;
  }

  /** Process id of the command itself. */
  public long pid() {
    return process.pid();
  }

  /** Whether it still runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** All it has written to standard output so far. */
  public String stdout() {
    return read(logFolder.resolve("stdout"));
  }

  /** All it has written to standard error so far. */
  public String stderr() {
    return read(logFolder.resolve("stderr"));
  }

  /** What a failed assertion should show: command, state and the end of both outputs. */
  public String describe() {
    return "%s (pid %d, %s): %s%n--- stdout%n%s%n--- stderr%n%s%n"
        .formatted(
            name,
            pid(),
            alive() ? "running" : "exit code " + process.exitValue(),
            String.join(" ", command),
            tail(stdout()),
            tail(stderr()));
  }

  /**
   * Waits for its end.
   *
   * @return its exit code; 128 + signal when a signal ended it
   * @throws TestkitException with its output when it still runs after {@code limit}
   */
  public int awaitExit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TestkitException("still runs after " + limit + ": " + describe());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException("interrupted while waiting for " + name, e);
    }
    RUNNING.remove(this);
    return process.exitValue();
  }

  /**
   * Waits until either output contains {@code text}.
   *
   * @throws TestkitException with its output when it ends before, or time is up
   */
  public void awaitOutput(String text, Duration limit) {
    Await.until(
        name + " to print \"" + text + "\"",
        limit,
        () -> {
          // Asked before the output is read: what a process wrote before its end is not missed.
          boolean running = alive();
          if (stdout().contains(text) || stderr().contains(text)) {
            return true;
          }
          if (!running) {
            throw new TestkitException("ended without printing \"" + text + "\": " + describe());
          }
          return false;
        },
        this::describe);
  }

  /** Waits until {@code ready} holds, and fails at once when the process ends instead. */
  public void awaitReady(
      String what, Duration limit, java.util.concurrent.Callable<Boolean> ready) {
    Await.until(
        name + ": " + what,
        limit,
        () -> {
          if (!alive()) {
            throw new TestkitException("ended before " + what + ": " + describe());
          }
          return ready.call();
        },
        this::describe);
  }

  /** SIGKILL to it and to all it started, at once; returns when it is gone. */
  public void kill() {
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RUNNING.remove(this);
  }

  /** SIGTERM to it alone; {@link #awaitExit} says what came of it. */
  public void terminate() {
    signal("TERM");
  }

  /** SIGINT to it alone, as Ctrl-C does. */
  public void interrupt() {
    signal("INT");
  }

  /** SIGSTOP: it freezes, its connections stay open. */
  public void freeze() {
    signal("STOP");
  }

  /** SIGCONT after {@link #freeze}. */
  public void thaw() {
    signal("CONT");
  }

  /** Bytes of memory it occupies now (VmRSS); 0 once it has ended. */
  public long residentBytes() {
    return statusBytes("VmRSS:");
  }

  /** The most bytes of memory it ever occupied (VmHWM); 0 once it has ended. */
  public long peakResidentBytes() {
    return statusBytes("VmHWM:");
  }

  /** Number of its threads; 0 once it has ended. */
  public long threads() {
    return statusValue("Threads:");
  }

  /** Kills it if it runs, and removes its logs. */
  @Override
  public void close() {
    kill();
    Folders.delete(logFolder);
  }

  private void signal(String signal) {
    if (!alive()) {
      return;
    }
    try {
      // The shell's own kill: it is there where procps is not.
      new ProcessBuilder("sh", "-c", "kill -" + signal + " " + pid()).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot send SIG" + signal + " to " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long statusBytes(String field) {
    return statusValue(field) * 1024;
  }

  private long statusValue(String field) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
        if (line.startsWith(field)) {
          return Long.parseLong(line.substring(field.length()).replace("kB", "").strip());
        }
      }
    } catch (IOException e) {
      return 0; // it has ended
    }
    return 0;
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(no output: " + e + ")";
    }
  }

  private static String tail(String text) {
    return text.length() <= TAIL_CHARACTERS
        ? text
        : "..." + text.substring(text.length() - TAIL_CHARACTERS);
  }
}
