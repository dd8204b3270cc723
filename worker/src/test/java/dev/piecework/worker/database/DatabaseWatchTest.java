package dev.piecework.worker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.settings.DatabaseSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A password that is changed under a running worker, as far as a database can play it. */
class DatabaseWatchTest {
  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong();
  private final IntakeGate gate = new IntakeGate();
  private Path passwordFile = Path.of("");

  @BeforeEach
  void writePassword() throws Exception {
    passwordFile = Files.writeString(folder.resolve("password"), "first\n");
  }

  private DatabaseSettings settings() {
    return new DatabaseSettings(
        "jdbc:h2:mem:" + folder.getFileName() + ";DB_CLOSE_DELAY=-1",
        "sa",
        "",
        passwordFile.toString(),
        Duration.ofSeconds(5));
  }

  private static void changePassword(Connection connection, String password) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ALTER USER SA SET PASSWORD '" + password + "'");
    }
  }

  @Test
  void aPasswordIsReadAgainForEachConnectionAndARefusedOneClosesTheGate() throws Exception {
    DatabaseSettings settings = settings();
    DatabaseConnections connections = new DatabaseConnections(settings);
    DatabaseWatch watch = new DatabaseWatch(connections, gate, nanos::get);
    AtomicInteger changes = new AtomicInteger();
    gate.onChange(changes::incrementAndGet);
    try (HikariDataSource pool = DatabaseConfiguration.open(settings, 2);
        Connection open = pool.getConnection()) {
      watch.ask();
      assertThat(watch.trouble()).isEmpty();

      changePassword(open, "second");
      assertThatThrownBy(
              () -> connections.open(Duration.ofSeconds(1), Duration.ofSeconds(1)).close())
          .isInstanceOf(SQLException.class);
      watch.ask();
      assertThat(watch.trouble()).isPresent();
      assertThat(gate.everythingHeldBack()).as("a short break is waited out").isEmpty();
      nanos.addAndGet(Duration.ofSeconds(4).toNanos());
      watch.ask();
      assertThat(gate.everythingHeldBack().orElseThrow())
          .contains("cannot use the database", "password")
          .doesNotContain("first", "second");

      Files.writeString(passwordFile, "second\n");
      watch.ask();
      // What was refused before shows until a connection is made anew.
      watch.ask();
      assertThat(watch.trouble()).isEmpty();
      assertThat(gate.jobsHeldBack()).isEmpty();
      assertThat(changes).hasValue(2);
      pool.getHikariPoolMXBean().softEvictConnections();
    }
    watch.close();
  }

  @Test
  void aPasswordFileThatIsGoneIsNamed() throws Exception {
    DatabaseConnections connections = new DatabaseConnections(settings());
    Files.delete(passwordFile);
    DatabaseWatch watch = new DatabaseWatch(connections, gate, nanos::get);
    watch.ask();
    assertThat(watch.trouble().orElseThrow()).contains(passwordFile.toString());
    watch.close();
  }
}
