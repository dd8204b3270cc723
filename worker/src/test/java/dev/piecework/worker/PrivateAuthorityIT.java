package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.rabbitmq.client.Connection;
import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.PrivateAuthority;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.worker.broker.BrokerConnection;
import dev.piecework.worker.database.DatabaseConfiguration;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Database and broker with certificates of an authority that Java does not know, as companies have
 * them. The object store's is in {@code StoreAccessTest}.
 */
class PrivateAuthorityIT {
  @TempDir private static Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static PrivateAuthority authority;

  @SuppressWarnings("NullAway.Init") // JUnit sets it before the first test
  private static PrivateAuthority another;

  @BeforeAll
  static void makeAuthorities() {
    authority = PrivateAuthority.in(folder.resolve("authority"));
    another = PrivateAuthority.in(folder.resolve("another"));
  }

  private static HikariDataSource open(PostgresDatabase server, String host, Path believed) {
    String url =
        "%s?sslmode=verify-full&sslrootcert=%s"
            .formatted(server.jdbcUrl().replace("127.0.0.1", host), believed);
    return DatabaseConfiguration.open(
        new DatabaseSettings(url, server.user(), server.password(), "", Duration.ofMillis(250)), 2);
  }

  private static String refusal(PostgresDatabase server, String host, Path believed) {
    WorkerStartException e =
        catchThrowableOfType(
            WorkerStartException.class, () -> open(server, host, believed).close());
    assertThat(e.exitCode()).isEqualTo(ExitCode.DATABASE_UNAVAILABLE);
    return String.valueOf(e.getMessage());
  }

  @Test
  void theDatabaseIsBelievedByItsAuthorityAndItsName() {
    try (PostgresDatabase server =
        PostgresDatabase.privateServerOverTls(authority.issue("database"))) {
      try (HikariDataSource source = open(server, "127.0.0.1", authority.certificate())) {
        assertThat(
                JdbcClient.create(source)
                    .sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                    .query(Boolean.class)
                    .single())
            .isTrue();
      }
      assertThat(refusal(server, "127.0.0.1", another.certificate()))
          .contains("the server's certificate", "sslrootcert");
      assertThat(refusal(server, "localhost", authority.certificate()))
          .contains("the server's certificate", "localhost");
      assertThat(refusal(server, "127.0.0.1", folder.resolve("missing.pem")))
          .contains("missing.pem");
    }
  }

  @Test
  void theBrokerIsBelievedByItsAuthority() throws Exception {
    PrivateAuthority.Issued issued = authority.issue("broker");
    int port = Ports.free();
    try (RabbitBroker _ =
        RabbitBroker.privateNode(
            "listeners.ssl.default = 127.0.0.1:" + port,
            "ssl_options.certfile = " + issued.certificate(),
            "ssl_options.keyfile = " + issued.key(),
            "ssl_options.cacertfile = " + authority.certificate())) {
      try (Connection connection = connect(port, authority.certificate())) {
        assertThat(connection.isOpen()).isTrue();
      }
      assertThatThrownBy(() -> connect(port, another.certificate()).close())
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("PKIX path");
    }
  }

  private static Connection connect(int port, Path believed) throws Exception {
    return BrokerConnection.open(
        new BrokerSettings(
            URI.create("amqps://127.0.0.1:" + port),
            "guest",
            "guest",
            "",
            believed.toString(),
            false),
        "test");
  }
}
