package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** PostgreSQL as an ordinary process with its data in a temporary folder. */
final class PostgresServer implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path binaries;
  private final Path folder;
  private final int port = Ports.free();
  private ManagedProcess process;

  private PostgresServer(Path binaries, Path folder) {
    this.binaries = binaries;
    this.folder = folder;
    this.process = launch();
  }

  static PostgresServer start() {
    Path binaries =
        binaries()
            .orElseGet(() -> {
              Needs.absent("PostgreSQL is not installed", "apt-get install postgresql");
              return Path.of("/usr/bin");
            });
    Path folder = Folders.temporary("postgres");
    if (isRoot()) {
      Processes.command("chown", unprivilegedUser(), folder.toString()).run(LIMIT).orThrow();
    }
    Processes.command(
            asUser(
                List.of(
                    binaries.resolve("initdb").toString(),
                    "--pgdata=" + folder.resolve("data"),
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--no-sync")))
        .directory(folder)
        .run(LIMIT)
        .orThrow();
    PostgresServer server = new PostgresServer(binaries, folder);
    try {
      server.awaitReady();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  int port() {
    return port;
  }

  void stop() {
    process.interrupt(); // "fast shutdown": ends sessions, writes everything
    process.awaitExit(LIMIT);
  }

  void kill() {
    process.kill();
  }

  void restart() {
    process.close();
    process = launch();
    awaitReady();
  }

  @Override
  public void close() {
    process.close();
    Folders.delete(folder);
  }

  private ManagedProcess launch() {
    return Processes.command(
            asUser(
                List.of(
                    binaries.resolve("postgres").toString(),
                    "-D",
                    folder.resolve("data").toString(),
                    "-p",
                    String.valueOf(port),
                    "-k",
                    folder.toString(),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    // A killed process loses nothing that it has written; a dead machine would.
                    "-c",
                    "fsync=off")))
        .name("postgres")
        .directory(folder)
        .start();
  }

  private void awaitReady() {
    process.awaitReady(
        "accepting connections",
        LIMIT,
        () -> {
          try (Connection connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "")) {
            return connection.isValid(5);
          }
        });
  }

  /** The newest of Debian's, else the one in the PATH. */
  private static Optional<Path> binaries() {
    Path debian = Path.of("/usr/lib/postgresql");
    if (Files.isDirectory(debian)) {
      try (Stream<Path> versions = Files.list(debian)) {
        Optional<Path> newest =
            versions
                .filter(version -> Files.isExecutable(version.resolve("bin/initdb")))
                .max(Comparator.comparingInt(PostgresServer::version));
        if (newest.isPresent()) {
          return newest.map(version -> version.resolve("bin"));
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot list " + debian, e);
      }
    }
    return Processes.locate("initdb").map(Path::getParent);
  }

  private static int version(Path folder) {
    String digits = folder.getFileName().toString().replaceAll("\\D.*", "");
    return digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }

  /** PostgreSQL refuses to run as root: another user without a shell between us and it. */
  private static List<String> asUser(List<String> command) {
    if (!isRoot()) {
      return command;
    }
    List<String> prefixed =
        new ArrayList<>(
            List.of("setpriv", "--reuid=" + unprivilegedUser(), "--clear-groups", "--"));
    prefixed.addAll(command);
    return prefixed;
  }

  private static String unprivilegedUser() {
    boolean exists = Processes.command("id", "postgres").run(LIMIT).exitCode() == 0;
    return exists ? "postgres" : "nobody";
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
