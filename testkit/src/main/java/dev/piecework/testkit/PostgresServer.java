package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
  private final List<String> settings;
  private ManagedProcess process;

  private PostgresServer(Path binaries, Path folder, List<String> settings) {
    this.binaries = binaries;
    this.folder = folder;
    this.settings = List.copyOf(settings);
    this.process = launch();
  }

  static PostgresServer start() {
    return start(Optional.empty());
  }

  /**
   * @param certificate with which it offers TLS
   */
  static PostgresServer start(Optional<PrivateAuthority.Issued> certificate) {
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
    List<String> settings =
        certificate.map(issued -> tlsSettings(folder, issued)).orElse(List.of());
    PostgresServer server = new PostgresServer(binaries, folder, settings);
    try {
      server.awaitReady();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** PostgreSQL wants a key that is its own, and that nobody else may read. */
  private static List<String> tlsSettings(Path folder, PrivateAuthority.Issued issued) {
    Path certificate = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    try {
      Files.copy(issued.certificate(), certificate);
      Files.copy(issued.key(), key);
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot give PostgreSQL its certificate", e);
    }
    if (isRoot()) {
      Processes.command("chown", unprivilegedUser(), certificate.toString(), key.toString())
          .run(LIMIT)
          .orThrow();
    }
    return List.of(
        "-c", "ssl=on", "-c", "ssl_cert_file=" + certificate, "-c", "ssl_key_file=" + key);
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

  /** Starts it again; as long as processes of a killed one still end, PostgreSQL refuses that. */
  void restart() {
    process.close();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      process = launch();
      try {
        awaitReady();
        return;
      } catch (TestkitException e) {
        if (System.nanoTime() >= deadline
            || !String.valueOf(e.getMessage()).contains("still in use")) {
          throw e;
        }
        process.close();
        Await.pause();
      }
    }
  }

  @Override
  public void close() {
    process.close();
    Folders.delete(folder);
  }

  private ManagedProcess launch() {
    List<String> command =
        new ArrayList<>(
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
                "fsync=off"));
    command.addAll(settings);
    return Processes.command(asUser(command)).name("postgres").directory(folder).start();
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
