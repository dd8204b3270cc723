package dev.piecework.worker.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.exit.ExitCode;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Opens the database. Without it nothing can be promised, so that the worker does not start. */
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

  /** The pool: a few connections beside one for each job; none is held while waiting for peers. */
  @Bean
  HikariDataSource dataSource(DatabaseConnections connections, WorkerSettings worker) {
    return open(connections, worker.slots() + 4);
  }

  @Bean
  DatabaseConnections databaseConnections(DatabaseSettings database) {
    return new DatabaseConnections(database);
  }

  @Bean
  JdbcClient jdbcClient(HikariDataSource dataSource) {
    return client(dataSource);
  }

  @Bean
  IntakeGate intakeGate() {
    return new IntakeGate();
  }

  @Bean(destroyMethod = "close")
  DatabaseWatch databaseWatch(DatabaseConnections connections, IntakeGate gate) {
    return new DatabaseWatch(connections, gate, System::nanoTime);
  }

  /** To ask and write by, on either database the same texts. */
  public static JdbcClient client(DataSource dataSource) {
    return JdbcClient.create(new CleanParameters(dataSource));
  }

  /**
   * Opens a database and brings its schema up to date.
   *
   * @throws WorkerStartException if it cannot be used
   */
  public static HikariDataSource open(DatabaseSettings database, int connections) {
    return open(new DatabaseConnections(database), connections);
  }

  private static HikariDataSource open(DatabaseConnections source, int connections) {
    DatabaseSettings database = source.settings();
    HikariConfig config = new HikariConfig();
    config.setPoolName("piecework");
    config.setDataSource(source.dataSource());
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(database.connectTimeout().toMillis());
    config.setInitializationFailTimeout(database.connectTimeout().toMillis());
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
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
          "the schema of the database at %s cannot be brought up to date: %s%s"
              .formatted(database.address(), SqlFaults.cause(e), remedy(database, e)),
          e);
    }
    return dataSource;
  }

  /**
   * PostgreSQL 15 and later let only the owner of a database make tables in its schema "public".
   */
  private static String remedy(DatabaseSettings database, FlywayException e) {
    if (!database.postgresql() || !SqlFaults.accessDenied(e)) {
      return "";
    }
    String user = '"' + database.username().replace("\"", "\"\"") + '"';
    return ". Run one of these as the database's administrator: GRANT USAGE, CREATE ON SCHEMA public TO %s; or: ALTER DATABASE %s OWNER TO %s;"
        .formatted(user, '"' + database.databaseName().replace("\"", "\"\"") + '"', user);
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
              .formatted(database.address(), SqlFaults.cause(e)),
          e);
    }
    return new WorkerStartException(
        ExitCode.DATABASE_UNAVAILABLE,
        "the database at %s cannot be used: %s; check PIECEWORK_DATABASE_URL, _USERNAME and _PASSWORD"
            .formatted(database.address(), SqlFaults.cause(e)),
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
}
