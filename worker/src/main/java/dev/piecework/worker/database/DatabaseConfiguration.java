package dev.piecework.worker.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.exit.ExitCode;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Opens the database. Without it nothing can be promised, so that the worker does not start. */
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

  /** The pool: a few connections beside one for each job; none is held while waiting for peers. */
  @Bean
  HikariDataSource dataSource(DatabaseSettings database, WorkerSettings worker) {
    return open(database, worker.slots() + 4);
  }

  /**
   * Opens a database and brings its schema up to date.
   *
   * @throws WorkerStartException if it cannot be used
   */
  public static HikariDataSource open(DatabaseSettings database, int connections) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("piecework");
    config.setJdbcUrl(database.url());
    config.setUsername(database.username());
    config.setPassword(database.password());
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(database.connectTimeout().toMillis());
    config.setInitializationFailTimeout(database.connectTimeout().toMillis());
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    if (database.postgresql()) {
      // A worker that vanished from the network must not keep row locks for hours.
      config.addDataSourceProperty(
          "options", "-c idle_in_transaction_session_timeout=30s -c lock_timeout=20s");
      config.addDataSourceProperty("tcpKeepAlive", "true");
      config.addDataSourceProperty("socketTimeout", "60");
    }
    HikariDataSource dataSource;
    try {
      dataSource = new HikariDataSource(config);
    } catch (RuntimeException e) {
      throw unavailable(database, e);
    }
    try {
      migrate(dataSource, database);
    } catch (FlywayException e) {
      dataSource.close();
      throw new WorkerStartException(
          ExitCode.DATABASE_UNAVAILABLE,
          "the schema of the database at %s cannot be brought up to date: %s"
              .formatted(database.address(), oneLine(e)),
          e);
    }
    return dataSource;
  }

  private static void migrate(HikariDataSource dataSource, DatabaseSettings database) {
    Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:dev/piecework/worker/schema")
        .table("piecework_schema")
        .placeholders(Map.of("bytes", database.postgresql() ? "BYTEA" : "BLOB"))
        .load()
        .migrate();
  }

  @Bean
  PlatformTransactionManager transactionManager(HikariDataSource dataSource) {
    return new JdbcTransactionManager(dataSource);
  }

  @Bean
  TransactionTemplate transactions(PlatformTransactionManager transactionManager) {
    return new TransactionTemplate(transactionManager);
  }

  private static WorkerStartException unavailable(DatabaseSettings database, RuntimeException e) {
    if (disbelieved(e)) {
      return new WorkerStartException(
          ExitCode.DATABASE_UNAVAILABLE,
          "the database at %s cannot be used: the server's certificate is not believed (%s): sslrootcert in PIECEWORK_DATABASE_URL must name the authority that issued it, and the host there must be one of its names"
              .formatted(database.address(), oneLine(e)),
          e);
    }
    return new WorkerStartException(
        ExitCode.DATABASE_UNAVAILABLE,
        "the database at %s cannot be used: %s; check PIECEWORK_DATABASE_URL, _USERNAME and _PASSWORD"
            .formatted(database.address(), oneLine(e)),
        e);
  }

  /** The driver has a message for a wrong name alone; a wrong authority is Java's to refuse. */
  private static boolean disbelieved(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof CertPathValidatorException
          || t instanceof CertPathBuilderException
          || String.valueOf(t.getMessage()).contains("could not be verified by hostnameverifier")) {
        return true;
      }
    }
    return false;
  }

  private static String oneLine(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message =
        root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return message.replaceAll("\\s+", " ").strip();
  }
}
