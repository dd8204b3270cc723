package dev.piecework.worker;

import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.worker.database.DatabaseConfiguration;
import dev.piecework.worker.settings.DatabaseSettings;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A database with the worker's schema, as the worker itself opens it. */
public final class TestDatabase implements AutoCloseable {
  private final DatabaseSettings settings;
  private final HikariDataSource dataSource;
  private final Runnable release;

  private TestDatabase(DatabaseSettings settings, Runnable release) {
    this.settings = settings;
    this.dataSource = DatabaseConfiguration.open(settings, 12);
    this.release = release;
  }

  /** H2 in memory. */
  public static TestDatabase h2() {
    String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000";
    return new TestDatabase(
        new DatabaseSettings(url, "sa", "", "", Duration.ofSeconds(20)), () -> {});
  }

  /** PostgreSQL. */
  public static TestDatabase postgres() {
    return of(PostgresDatabase.start());
  }

  /** On one that the caller may also stop and start again; closed with this. */
  public static TestDatabase of(PostgresDatabase server) {
    return new TestDatabase(
        new DatabaseSettings(
            server.jdbcUrl(), server.user(), server.password(), "", Duration.ofSeconds(20)),
        server::close);
  }

  /** To ask it. */
  public JdbcClient jdbc() {
    return DatabaseConfiguration.client(dataSource);
  }

  /** To ask it many things at once. */
  public JdbcTemplate template() {
    return new JdbcTemplate(dataSource);
  }

  /** To change it. */
  public TransactionTemplate transactions() {
    return new TransactionTemplate(new JdbcTransactionManager(dataSource));
  }

  /** For a worker. */
  public Map<String, Object> properties() {
    return Map.of(
        "piecework.database.url", settings.url(),
        "piecework.database.username", settings.username(),
        "piecework.database.password", settings.password());
  }

  @Override
  public void close() {
    dataSource.close();
    release.run();
  }
}
