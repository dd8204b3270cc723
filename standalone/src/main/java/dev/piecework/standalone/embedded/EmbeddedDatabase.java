package dev.piecework.standalone.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import org.h2.tools.Server;

/**
 * An SQL database (H2) in one file, written through at each commit, so that a checkpoint outlives
 * {@code kill -9}. It is open for as long as this object: the connection held here keeps H2 from
 * closing the file between two others.
 */
public final class EmbeddedDatabase implements AutoCloseable {
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

  /**
   * Opens or makes a database that only this process uses.
   *
   * @param file path without H2's ending {@code .mv.db}
   */
  public static EmbeddedDatabase inProcess(Path file, Login login) throws EmbeddedServiceException {
    String url = fileUrl(file);
    return new EmbeddedDatabase(open(file, url, login), Optional.empty(), url, login);
  }

  /** Opens or makes a database and serves it to other processes of this machine. */
  public static EmbeddedDatabase served(Path file, int port, Login login)
      throws EmbeddedServiceException {
    if (!Loopback.isFree(port)) {
      throw new EmbeddedServiceException(
          "the embedded database cannot listen on %s:%d: the port is taken; choose another one"
              .formatted(Loopback.ADDRESS, port));
    }
    Connection keepOpen = open(file, fileUrl(file), login);
    try {
      Server server =
          Server.createTcpServer("-tcpPort", Integer.toString(port), "-ifExists", "-tcpDaemon")
              .start();
      String url = "jdbc:h2:tcp://%s:%d/%s".formatted(Loopback.ADDRESS, port, file);
      return new EmbeddedDatabase(keepOpen, Optional.of(server), url, login);
    } catch (SQLException e) {
      closeQuietly(keepOpen);
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
    return "jdbc:h2:file:" + file + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
  }

  private static Connection open(Path file, String url, Login login)
      throws EmbeddedServiceException {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      return DriverManager.getConnection(url, login.user(), login.secret());
    } catch (IOException | SQLException e) {
      throw new EmbeddedServiceException(
          "the embedded database at %s cannot be opened: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** JDBC URL for whoever connects. */
  public String url() {
    return url;
  }

  /** Who may connect. */
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
