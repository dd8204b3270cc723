package dev.piecework.worker.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.worker.TestDatabase;
import dev.piecework.worker.fault.Fault;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.CannotCreateTransactionException;

/** Which faults of a database heal, as the database itself tells them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SqlFaultsContract {
  private TestDatabase database;

  @SuppressWarnings("NullAway.Init") // JUnit sets the field before any test.
  SqlFaultsContract() {}

  abstract TestDatabase open();

  @BeforeAll
  void openDatabase() {
    database = open();
    template()
        .execute("CREATE TABLE piecework_probe (id INT NOT NULL PRIMARY KEY, text VARCHAR(10))");
  }

  @AfterAll
  void closeDatabase() {
    database.close();
  }

  JdbcTemplate template() {
    return database.template();
  }

  DataAccessException failure(String sql, Object... parameters) {
    return catchThrowableOfType(
        DataAccessException.class, () -> template().update(sql, parameters));
  }

  @Test
  void dataThatDoesNotFitDoesNotHeal() {
    DataAccessException failure =
        failure("INSERT INTO piecework_probe VALUES (1, ?)", "secret-and-long");
    assertThat(SqlFaults.lasting(failure)).isTrue();
    assertThat(SqlFaults.cause(failure)).isNotBlank().doesNotContain("secret", "INSERT", "\n");
    assertThat(SqlFaults.fault(failure).kind()).isEqualTo(Fault.Kind.DATABASE_REFUSED);
    assertThat(SqlFaults.fault(failure).isTransient()).isFalse();
  }

  @Test
  void whatAConstraintRefusesDoesNotHeal() {
    DataAccessException failure = failure("INSERT INTO piecework_probe VALUES (NULL, ?)", "secret");
    assertThat(SqlFaults.lasting(failure)).isTrue();
    // PostgreSQL's detail shows the whole row.
    assertThat(SqlFaults.cause(failure)).doesNotContain("secret");
    template().update("INSERT INTO piecework_probe VALUES (7, '')");
    assertThat(SqlFaults.lasting(failure("INSERT INTO piecework_probe VALUES (7, '')"))).isTrue();
  }

  @Test
  void aWrongStatementDoesNotHeal() {
    assertThat(SqlFaults.lasting(failure("UPDATE piecework_probe SET no_column = 1"))).isTrue();
    assertThat(SqlFaults.lasting(failure("UPDATING"))).isTrue();
  }

  @Test
  void missingTablesAreNoFaultOfAJob() {
    DataAccessException failure = failure("INSERT INTO no_table VALUES (1)");
    assertThat(SqlFaults.lasting(failure)).isFalse();
    assertThat(SqlFaults.fault(failure).kind()).isEqualTo(Fault.Kind.DATABASE_UNAVAILABLE);
  }

  @Test
  void aLostConnectionHeals() {
    SQLException lost =
        new SQLRecoverableException(
            "An I/O error occurred",
            "08006",
            new java.net.SocketTimeoutException("Read timed out"));
    CannotCreateTransactionException failure =
        new CannotCreateTransactionException(
            "no", new CannotGetJdbcConnectionException("no", lost));
    assertThat(SqlFaults.lasting(failure)).isFalse();
    assertThat(SqlFaults.cause(failure)).isEqualTo("An I/O error occurred (Read timed out)");
  }

  @Test
  void statesOfOutagesHeal() {
    for (String state :
        new String[] {
          "08001", "08006", "40001", "40P01", "53100", "53300", "55P03", "57P01", "57P03", "57014",
          "25006", "28P01", "3D000", "58030", "XX000", "HYT00", "90098"
        }) {
      assertThat(SqlFaults.lasting(new SQLException("", state))).as(state).isFalse();
    }
  }

  @Test
  void aTextThatPostgresqlCannotHoldIsWrittenAllTheSame() {
    String text = "a\0b\uD800c";
    database
        .jdbc()
        .sql("INSERT INTO piecework_probe VALUES (:id, :text)")
        .param("id", 3)
        .param("text", text)
        .update();
    assertThat(
            template()
                .queryForObject("SELECT text FROM piecework_probe WHERE id = 3", String.class))
        .isEqualTo("a\uFFFDb\uFFFDc");
    assertThat(CleanParameters.clean("\uD83D\uDE00 ok")).isEqualTo("\uD83D\uDE00 ok");
  }
}
