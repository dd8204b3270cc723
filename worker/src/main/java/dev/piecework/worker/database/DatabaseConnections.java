package dev.piecework.worker.database;

import dev.piecework.worker.settings.DatabaseSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Makes the connections of the pool, and those by which the database is watched. The password is
 * read for each of them: where it stands in a file, a new one needs no restart.
 */
public final class DatabaseConnections {
  private static final String INVALID_AUTHORIZATION = "28000";

  /** Longer than any lock is waited for. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

  private final DatabaseSettings settings;
  private volatile Optional<String> refusal = Optional.empty();

  /** To the database of the settings. */
  DatabaseConnections(DatabaseSettings settings) {
    this.settings = settings;
  }

  /** Whose connections they are. */
  DatabaseSettings settings() {
    return settings;
  }

  /** Why the last new connection was refused though the server is there; empty if it was not. */
  Optional<String> refusal() {
    return refusal;
  }

  /** For a pool. */
  DataSource dataSource() {
    return new Source();
  }

  /**
   * A connection that gives up sooner.
   *
   * @param toOpen longest time until it is open
   * @param toAnswer longest time that an answer may take
   */
  Connection open(Duration toOpen, Duration toAnswer) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", settings.username());
    properties.setProperty("password", password());
    if (settings.postgresql()) {
      // A worker that vanished from the network must not keep row locks for hours.
      properties.setProperty(
          "options", "-c idle_in_transaction_session_timeout=30s -c lock_timeout=20s");
      properties.setProperty("tcpKeepAlive", "true");
      properties.setProperty("loginTimeout", seconds(toOpen));
      properties.setProperty("connectTimeout", seconds(toOpen));
      properties.setProperty("socketTimeout", seconds(toAnswer));
    }
    try {
      Connection connection = DriverManager.getConnection(settings.url(), properties);
      refusal = Optional.empty();
      return connection;
    } catch (SQLException e) {
      if (SqlFaults.loginRefused(e)) {
        refusal = Optional.of(SqlFaults.cause(e));
      }
      throw e;
    }
  }

  private static String seconds(Duration time) {
    return Long.toString(Math.max(1, time.plusMillis(999).toSeconds()));
  }

  private String password() throws SQLException {
    try {
      return settings.currentPassword();
    } catch (IllegalArgumentException e) {
      refusal = Optional.of(String.valueOf(e.getMessage()));
      throw new SQLInvalidAuthorizationSpecException(e.getMessage(), INVALID_AUTHORIZATION, e);
    }
  }

  /** The pool's way to them. */
  private final class Source extends AbstractDataSource {
    @Override
    public Connection getConnection() throws SQLException {
      return open(settings.connectTimeout(), ANSWER_TIMEOUT);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      throw new SQLFeatureNotSupportedException("user and password come from the settings");
    }
  }
}
