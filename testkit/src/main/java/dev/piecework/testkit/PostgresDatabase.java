package dev.piecework.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * An empty PostgreSQL database: in a container where Docker answers, else a new one on the server
 * that listens on port 5432, else on a private server. Which one is printed once.
 */
public final class PostgresDatabase implements AutoCloseable {
  private static final String IMAGE = "postgres:17";
  private static final int DEFAULT_PORT = 5432;
  private static final Map<String, Boolean> SAID = new ConcurrentHashMap<>();

  private final String jdbcUrl;
  private final String user;
  private final String password;
  private final Optional<PostgresServer> server;
  private final Runnable release;

  private PostgresDatabase(
      String jdbcUrl,
      String user,
      String password,
      Optional<PostgresServer> server,
      Runnable release) {
    this.jdbcUrl = jdbcUrl;
    this.user = user;
    this.password = password;
    this.server = server;
    this.release = release;
  }

  /** The first of container, listening server, private server that can be had. */
  public static PostgresDatabase start() {
    Optional<PostgreSQLContainer> container =
        Docker.start(IMAGE, () -> new PostgreSQLContainer(IMAGE));
    if (container.isPresent()) {
      PostgreSQLContainer running = container.get();
      return announced(
          "container",
          new PostgresDatabase(
              running.getJdbcUrl(),
              running.getUsername(),
              running.getPassword(),
              Optional.empty(),
              running::stop));
    }
    return listening().orElseGet(PostgresDatabase::privateServer);
  }

  /**
   * A server of its own that {@link #stop}, {@link #restart} and {@link #kill} work on, from the
   * PostgreSQL that is installed.
   */
  public static PostgresDatabase privateServer() {
    return privateServer("private server", PostgresServer.start());
  }

  /** The same, where clients may ask for TLS. */
  public static PostgresDatabase privateServerOverTls(PrivateAuthority.Issued certificate) {
    return privateServer("private server over TLS", PostgresServer.start(Optional.of(certificate)));
  }

  private static PostgresDatabase privateServer(String kind, PostgresServer server) {
    return announced(
        kind,
        new PostgresDatabase(
            url(server.port(), "postgres"), "postgres", "", Optional.of(server), server::close));
  }

  /** JDBC URL of the database, without credentials. */
  public String jdbcUrl() {
    return jdbcUrl;
  }

  /** User name. */
  public String user() {
    return user;
  }

  /** Password; empty where the server trusts its own machine. */
  public String password() {
    return password;
  }

  /** A new connection. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl, user, password);
  }

  /** Stops a private server in good order, its connections cut. */
  public void stop() {
    ownServer().stop();
  }

  /** Kills a private server with all its backends. */
  public void kill() {
    ownServer().kill();
  }

  /** Starts a private server again on the same port with the same data. */
  public void restart() {
    ownServer().restart();
  }

  @Override
  public void close() {
    release.run();
  }

  private PostgresServer ownServer() {
    return server.orElseThrow(() ->
        new TestkitException("only PostgresDatabase.privateServer() may be stopped and killed"));
  }

  private static Optional<PostgresDatabase> listening() {
    if (!Ports.accepts(Ports.loopback(DEFAULT_PORT))) {
      return Optional.empty();
    }
    String database = "piecework_test_" + RabbitBroker.randomName();
    SQLException last = new SQLException("no password tried");
    for (String password : List.of("", "postgres")) {
      try {
        execute(password, "CREATE DATABASE " + database);
        return Optional.of(
            announced(
                "the one listening",
                new PostgresDatabase(
                    url(DEFAULT_PORT, database),
                    "postgres",
                    password,
                    Optional.empty(),
                    () -> drop(password, database))));
      } catch (SQLException e) {
        last = e;
      }
    }
    Needs.say("PostgreSQL listens on 5432, but refuses the user postgres: " + last.getMessage());
    return Optional.empty();
  }

  private static void drop(String password, String database) {
    try {
      execute(password, "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
    } catch (SQLException e) {
      Needs.say("cannot drop the database " + database + ": " + e.getMessage());
    }
  }

  private static void execute(String password, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(url(DEFAULT_PORT, "postgres"), "postgres", password);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static PostgresDatabase announced(String kind, PostgresDatabase database) {
    if (SAID.putIfAbsent(kind, true) == null) {
      try (Connection connection = database.connect()) {
        Needs.say(
            "PostgreSQL %s, %s at %s"
                .formatted(
                    connection.getMetaData().getDatabaseProductVersion(), kind, database.jdbcUrl));
      } catch (SQLException e) {
        database.close();
        throw new TestkitException("PostgreSQL (" + kind + ") does not answer", e);
      }
    }
    return database;
  }

  private static String url(int port, String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }
}
