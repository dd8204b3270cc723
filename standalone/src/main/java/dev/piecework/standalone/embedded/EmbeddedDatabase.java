package dev.piecework.standalone.embedded;

import dev.piecework.worker.scratch.PrivateFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import org.h2.tools.Server;

/**
 * An SQL database (H2) in one file, written through at each commit, so that a checkpoint outlives
 * {@code kill -9}. It is open for as long as this object: the connection held here keeps H2 from
 * closing the file between two others.
 *
 * <p>Only this user can read the file. Its logins are made at random and lie beside it; the one for
 * workers is no administrator, see {@link DatabaseLogins}. Where it is served to other processes,
 * it alone is: without {@code -key} and {@code -baseDir}, H2 opens any file for whoever asks, one
 * that the asker made included, of which he is the administrator.
 */
public final class EmbeddedDatabase implements AutoCloseable {
  /** Of H2: wrong user name or password. */
  private static final String WRONG_LOGIN = "28000";

  static {
    // H2 has no argument for the address that it serves on, and reads this once, when its first
    // class is loaded; without it, it listens on every one.
    System.setProperty("h2.bindAddress", Loopback.ADDRESS);
  }

  private final Connection keepOpen;
  private final Optional<Server> server;
  private final String url;
  private final Login login;

  private EmbeddedDatabase(Connection keepOpen, Optional<Server> server, String url, Login login) {
    this.keepOpen = keepOpen;
    this.server = server;
    this.url = url;
    this.login = login;
  }

  /** An open database file. */
  private record Opened(Connection admin, Login user) {}

  /**
   * Opens or makes a database that only this process uses.
   *
   * @param file path without H2's ending {@code .mv.db}; its folder is this database's alone
   * @param former the administrator of a database that an earlier version made
   */
  public static EmbeddedDatabase inProcess(Path file, Optional<Login> former)
      throws EmbeddedServiceException {
    Opened opened = open(file, former);
    return new EmbeddedDatabase(opened.admin(), Optional.empty(), fileUrl(file), opened.user());
  }

  /**
   * Opens or makes a database and serves it, and no other, to processes of this machine.
   *
   * @param file path without H2's ending {@code .mv.db}; its folder is this database's alone
   * @param former the administrator of a database that an earlier version made
   */
  public static EmbeddedDatabase served(Path file, int port, Optional<Login> former)
      throws EmbeddedServiceException {
    if (!Loopback.isFree(port)) {
      throw new EmbeddedServiceException(
          "the embedded database cannot listen on %s:%d: the port is taken; choose another one"
              .formatted(Loopback.ADDRESS, port));
    }
    Path path = file.toAbsolutePath();
    Opened opened = open(path, former);
    String name = String.valueOf(path.getFileName());
    try {
      Server server =
          Server.createTcpServer(
                  "-tcpPort",
                  Integer.toString(port),
                  "-tcpDaemon",
                  "-ifExists",
                  "-baseDir",
                  String.valueOf(path.getParent()),
                  "-key",
                  name,
                  path.toString())
              .start();
      String url = "jdbc:h2:tcp://%s:%d/%s".formatted(Loopback.ADDRESS, port, name);
      return new EmbeddedDatabase(opened.admin(), Optional.of(server), url, opened.user());
    } catch (SQLException e) {
      closeQuietly(opened.admin());
      throw new EmbeddedServiceException(
          "the embedded database cannot listen on %s:%d: %s"
              .formatted(Loopback.ADDRESS, port, e.getMessage()),
          e);
    }
  }

  private static String fileUrl(Path file) throws EmbeddedServiceException {
    if (file.toString().indexOf(';') >= 0) {
      throw new EmbeddedServiceException(
          "the embedded database cannot live at %s: a ';' ends the path for it; choose a folder without one"
              .formatted(file));
    }
    return "jdbc:h2:file:" + file;
  }

  private static Opened open(Path file, Optional<Login> former) throws EmbeddedServiceException {
    // Who opens it first decides these, and must be its administrator.
    String url = fileUrl(file) + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
    try {
      Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
      PrivateFolder.own(folder);
      Path kept = folder.resolve("logins");
      DatabaseLogins logins = DatabaseLogins.load(kept);
      Connection admin = connect(url, logins.admin(), former, kept);
      try {
        settle(admin, logins.user());
      } catch (SQLException e) {
        admin.close();
        throw e;
      }
      return new Opened(admin, logins.user());
    } catch (IOException | SQLException e) {
      throw new EmbeddedServiceException(
          "the embedded database at %s cannot be opened: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** As the administrator, whom a database of an earlier version is given first. */
  private static Connection connect(String url, Login admin, Optional<Login> former, Path kept)
      throws SQLException, EmbeddedServiceException {
    try {
      return DriverManager.getConnection(url, admin.user(), admin.secret());
    } catch (SQLException e) {
      if (!WRONG_LOGIN.equals(e.getSQLState())) {
        throw e;
      }
      if (former.isEmpty()) {
        throw stranger(kept, e);
      }
    }
    try (Connection before =
            DriverManager.getConnection(url, former.get().user(), former.get().secret());
        var statement = before.createStatement()) {
      statement.execute(
          "CREATE USER IF NOT EXISTS %s PASSWORD '%s' ADMIN"
              .formatted(admin.user(), admin.secret()));
      return DriverManager.getConnection(url, admin.user(), admin.secret());
    } catch (SQLException e) {
      if (WRONG_LOGIN.equals(e.getSQLState())) {
        throw stranger(kept, e);
      }
      throw e;
    }
  }

  private static EmbeddedServiceException stranger(Path kept, SQLException cause) {
    return new EmbeddedServiceException(
        "the embedded database in %s does not accept the logins that are kept beside it (%s): put that file back as it was, or delete this folder, with which the jobs' state is forgotten; finished files are not touched by that"
            .formatted(kept.getParent(), kept.getFileName()),
        cause);
  }

  /** Who works with the tables, with that right alone, whatever he was before. */
  private static void settle(Connection admin, Login user) throws SQLException {
    try (var statement = admin.createStatement()) {
      statement.execute(
          "CREATE USER IF NOT EXISTS %s PASSWORD '%s'".formatted(user.user(), user.secret()));
      statement.execute("ALTER USER %s SET PASSWORD '%s'".formatted(user.user(), user.secret()));
      statement.execute("ALTER USER %s ADMIN FALSE".formatted(user.user()));
      // Flyway makes the tables.
      statement.execute("GRANT ALTER ANY SCHEMA TO " + user.user());
    }
  }

  /** JDBC URL for whoever connects. */
  public String url() {
    return url;
  }

  /** Who may connect: not an administrator. */
  public Login login() {
    return login;
  }

  @Override
  public void close() {
    server.ifPresent(Server::stop);
    closeQuietly(keepOpen);
  }

  private static void closeQuietly(Connection connection) {
    try (var statement = connection.createStatement()) {
      // Ends connections that others forgot, and compacts the file for a moment at most.
      statement.execute("SHUTDOWN");
    } catch (SQLException e) {
      // The database is closed already, which is what is wanted.
    }
  }
}
