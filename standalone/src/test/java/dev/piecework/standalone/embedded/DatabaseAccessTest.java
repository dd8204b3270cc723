package dev.piecework.standalone.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody else on this machine, or a worker that was taken over, can do with a database. */
class DatabaseAccessTest {
  private static final String NOT_ADMIN = "90040";

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("database/jobs");
  }

  @Test
  void aServedDatabaseIsTheOnlyOneThatIsOpenedForOthers() throws Exception {
    Path theirs = folder.resolve("theirs");
    DriverManager.getConnection("jdbc:h2:file:" + theirs, "sa", "").close();
    Path beside = folder.resolve("database/beside");
    int port = Loopback.freePort();
    try (EmbeddedDatabase database = EmbeddedDatabase.served(file, port, Optional.empty())) {
      DriverManager.getConnection("jdbc:h2:file:" + beside, "sa", "").close();
      DriverManager.getConnection("jdbc:h2:mem:here;DB_CLOSE_DELAY=-1", "sa", "").close();
      for (String name :
          new String[] {
            theirs.toString(),
            "../theirs",
            "jobs/../../theirs",
            "./beside",
            "beside",
            beside.toString(),
            "mem:here",
            "nio:" + theirs,
            "zip:" + theirs + ".zip!/x",
            "~/theirs",
            "classpath:theirs",
            file.toString()
          }) {
        String url = "jdbc:h2:tcp://127.0.0.1:%d/%s".formatted(port, name);
        assertThatThrownBy(() -> DriverManager.getConnection(url, "sa", "").close())
            .as(name)
            .isInstanceOf(SQLException.class);
      }
      assertThat(database.url()).isEqualTo("jdbc:h2:tcp://127.0.0.1:%d/jobs".formatted(port));
      connect(database).close();
      refused(database.url(), "sa", "");
      refused(database.url(), database.login().user(), "");
      refused(database.url() + ";IFEXISTS=FALSE", "nobody", "");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE ALIAS run FOR 'java.lang.System.getProperty(java.lang.String)'",
        "CREATE ALIAS run AS 'int run() { return 1; }'",
        "CREATE AGGREGATE run FOR 'java.lang.Object'",
        "CREATE TRIGGER run BEFORE INSERT ON t FOR EACH ROW CALL 'java.lang.Object'",
        "CREATE LINKED TABLE l('', 'jdbc:h2:mem:', 'sa', '', 't')",
        "RUNSCRIPT FROM '/etc/passwd'",
        "SCRIPT TO '/tmp/piecework-never-written'",
        "BACKUP TO '/tmp/piecework-never-written'",
        "CALL CSVWRITE('/tmp/piecework-never-written', 'SELECT 1')",
        "SELECT * FROM CSVREAD('/etc/passwd')",
        "CALL FILE_READ('/etc/passwd')",
        "CREATE USER other PASSWORD '' ADMIN",
        "ALTER USER piecework ADMIN TRUE",
        "GRANT ALTER ANY SCHEMA TO PUBLIC",
        "SET TRACE_LEVEL_FILE 3",
        "SHUTDOWN"
      })
  void whoWorksWithTheTablesIsNoAdministrator(String statement) throws Exception {
    try (EmbeddedDatabase database =
            EmbeddedDatabase.served(file, Loopback.freePort(), Optional.empty());
        Connection connection = connect(database);
        var sql = connection.createStatement()) {
      sql.execute("CREATE TABLE t (x INT)");
      sql.execute("CREATE INDEX t_x ON t (x)");
      sql.execute("ALTER TABLE t ADD COLUMN y INT");
      sql.execute("INSERT INTO t VALUES (7, 8)");
      assertThatThrownBy(() -> sql.execute(statement))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(NOT_ADMIN));
    }
  }

  @Test
  void theFilesAreTheirOwnersAlone() throws Exception {
    Path database = Files.createDirectories(folder.resolve("database"));
    Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rwxr-xr-x"));
    EmbeddedDatabase.inProcess(file, Optional.empty()).close();
    assertThat(mode(database)).isEqualTo("rwx------");
    assertThat(mode(file.resolveSibling("logins"))).isEqualTo("rw-------");
    assertThat(file.resolveSibling("jobs.mv.db")).isNotEmptyFile();
  }

  @Test
  void aDatabaseOfAnEarlierVersionIsTakenOver() throws Exception {
    Files.createDirectories(folder.resolve("database"));
    String url = "jdbc:h2:file:" + file;
    try (Connection before = DriverManager.getConnection(url, "piecework", "");
        var sql = before.createStatement()) {
      sql.execute("CREATE TABLE t (x INT)");
      sql.execute("INSERT INTO t VALUES (7)");
    }
    for (int time = 0; time < 2; time++) {
      try (EmbeddedDatabase database =
              EmbeddedDatabase.inProcess(file, Optional.of(new Login("piecework", "")));
          Connection connection = connect(database);
          var sql = connection.createStatement()) {
        sql.execute("INSERT INTO t (x) VALUES (8)");
        sql.execute("ALTER TABLE t ADD COLUMN y%d INT".formatted(time));
        assertThatThrownBy(() -> sql.execute("CREATE USER other PASSWORD '' ADMIN"))
            .isInstanceOf(SQLException.class);
      }
    }
    refused(url, "piecework", "");
  }

  @Test
  void aDatabaseWhoseLoginsAreLostIsRefusedWithWhatToDo() throws Exception {
    EmbeddedDatabase.inProcess(file, Optional.empty()).close();
    Files.delete(file.resolveSibling("logins"));
    for (Optional<Login> former :
        java.util.List.of(Optional.<Login>empty(), Optional.of(new Login("piecework", "")))) {
      assertThatThrownBy(() -> EmbeddedDatabase.inProcess(file, former).close())
          .isInstanceOf(EmbeddedServiceException.class)
          .hasMessageContainingAll("does not accept the logins", "delete this folder");
    }
  }

  private static void refused(String url, String user, String secret) {
    assertThatThrownBy(() -> DriverManager.getConnection(url, user, secret).close())
        .isInstanceOf(SQLException.class);
  }

  private static Connection connect(EmbeddedDatabase database) throws SQLException {
    return DriverManager.getConnection(
        database.url(), database.login().user(), database.login().secret());
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
