package dev.piecework.standalone.demo;

import dev.piecework.worker.WorkerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A worker in a process of its own, with a scratch folder of its own: as on another host. */
final class DemoWorker implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(25);

  private final String name;
  private final Process process;
  private final Path log;

  private DemoWorker(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** A worker as the launcher starts it, with the classes of this process. */
  static List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-Xmx192m",
        "-XX:MaxDirectMemorySize=96m",
        "-Xss512k",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        WorkerMain.class.getName());
  }

  /**
   * Starts a worker.
   *
   * @param folder for its scratch and its log
   * @param environment where its services are
   */
  static DemoWorker start(
      String name, Path folder, List<String> command, Map<String, String> environment)
      throws IOException {
    Files.createDirectories(folder);
    Path log = folder.resolve("worker.log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(variable -> variable.startsWith("PIECEWORK_"));
    builder.environment().putAll(environment);
    builder.environment().put("PIECEWORK_SCRATCH_DIRECTORY", folder.resolve("scratch").toString());
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new DemoWorker(name, builder.start(), log);
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** All it has said so far. */
  String log() throws IOException {
    return Files.readString(log);
  }

  /** SIGKILL: no chance to put anything in order. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Whether it ends within {@code patience}. */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** SIGTERM, and SIGKILL if that does not help: to what it has started, too. */
  @Override
  public void close() {
    terminate();
    try {
      if (!awaitEnd(STOP)) {
        killAll();
      }
    } catch (InterruptedException e) {
      killAll();
      Thread.currentThread().interrupt();
    }
  }

  private void killAll() {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
