package dev.piecework.worker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** PostgreSQL 15 and later: a user that does not own the database may not make tables in it. */
class PostgresRightsIT {
  @Test
  void theMessageHasTheLinesThatHelp() throws Exception {
    String user = "piecework_test_" + Long.toHexString(System.nanoTime());
    try (PostgresDatabase server = PostgresDatabase.start();
        Connection admin = server.connect()) {
      run(admin, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
      run(admin, "CREATE ROLE " + user + " LOGIN PASSWORD 'secret'");
      try {
        DatabaseSettings settings =
            new DatabaseSettings(server.jdbcUrl(), user, "secret", "", Duration.ofSeconds(10));
        WorkerStartException failure =
            catchThrowableOfType(
                WorkerStartException.class, () -> DatabaseConfiguration.open(settings, 4).close());
        assertThat(failure.exitCode()).isEqualTo(ExitCode.DATABASE_UNAVAILABLE);
        String grant = "GRANT USAGE, CREATE ON SCHEMA public TO \"" + user + "\";";
        assertThat(failure)
            .hasMessageContaining("permission denied for schema public")
            .hasMessageContaining(grant)
            .hasMessageContaining(
                "ALTER DATABASE \"" + settings.databaseName() + "\" OWNER TO \"" + user + "\";");

        run(admin, grant);
        DatabaseConfiguration.open(settings, 4).close();
      } finally {
        run(admin, "DROP OWNED BY " + user);
        run(admin, "DROP ROLE " + user);
      }
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
