package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class PostgresDatabaseIT {
  @Test
  void everyInstanceIsEmpty() throws Exception {
    try (PostgresDatabase first = PostgresDatabase.start();
        PostgresDatabase second = PostgresDatabase.start()) {
      execute(first, "CREATE TABLE t (n int)");

      assertThatThrownBy(() -> execute(second, "INSERT INTO t VALUES (1)"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("does not exist");
    }
  }

  @Test
  void aPrivateServerKeepsCommittedRowsOverStopAndKill() throws Exception {
    try (PostgresDatabase database = PostgresDatabase.privateServer()) {
      execute(database, "CREATE TABLE t (n int)");
      execute(database, "INSERT INTO t VALUES (7)");

      database.kill();
      assertThatThrownBy(database::connect).isInstanceOf(SQLException.class);
      database.restart();
      database.stop();
      assertThatThrownBy(database::connect).isInstanceOf(SQLException.class);
      database.restart();

      try (Connection connection = database.connect();
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT n FROM t")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(7);
      }
    }
  }

  private static void execute(PostgresDatabase database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
