package dev.piecework.standalone.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.ConnectionFactory;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.testkit.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The services' folder and logins. */
class LocalServicesTest {
  @TempDir Path temporary;

  @Test
  void nothingOfTheServicesCanBeReadByOthersAndLoginsStayWhatTheyAre() throws Exception {
    Path data = temporary.resolve("data");
    Map<String, String> first;
    try (LocalServices services = LocalServices.start(data, ServicePorts.free(), "data")) {
      first = services.environment();
      usable(first);
    }
    assertThat(mode(data)).isEqualTo("rwx------");
    assertThat(mode(data.resolve("state"))).isEqualTo("rwx------");
    assertThat(mode(data.resolve("buckets"))).isEqualTo("rwx------");
    assertThat(mode(data.resolve("env"))).isEqualTo("rw-------");
    assertThat(mode(data.resolve("state/logins"))).isEqualTo("rw-------");

    // The environment file is for people, and is written anew.
    Files.delete(data.resolve("env"));
    try (LocalServices services = LocalServices.start(data, ServicePorts.free(), "data")) {
      for (String secret :
          new String[] {
            "PIECEWORK_BROKER_PASSWORD", "PIECEWORK_DATABASE_PASSWORD", "PIECEWORK_STORE_SECRET_KEY"
          }) {
        assertThat(services.environment().get(secret)).as(secret).isEqualTo(first.get(secret));
      }
    }
  }

  @Test
  void aFolderOfAnEarlierVersionIsTakenOverAndClosed() throws Exception {
    Path data = Files.createDirectories(temporary.resolve("data"));
    Path database = Files.createDirectories(data.resolve("state/database")).resolve("jobs");
    Files.createDirectories(data.resolve("buckets/data"));
    try (var connection =
            DriverManager.getConnection("jdbc:h2:file:" + database, "piecework", "before");
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (x INT)");
      statement.execute("INSERT INTO t VALUES (7)");
    }
    Files.writeString(
        data.resolve("env"),
        """
        export PIECEWORK_BROKER_USERNAME='piecework'
        export PIECEWORK_BROKER_PASSWORD='broker'
        export PIECEWORK_DATABASE_USERNAME='piecework'
        export PIECEWORK_DATABASE_PASSWORD='before'
        export PIECEWORK_STORE_ACCESS_KEY='piecework'
        export PIECEWORK_STORE_SECRET_KEY='store'
        """);
    try (LocalServices services = LocalServices.start(data, ServicePorts.free(), "data")) {
      Map<String, String> environment = services.environment();
      usable(environment);
      assertThat(environment.get("PIECEWORK_BROKER_PASSWORD")).isEqualTo("broker");
      assertThat(environment.get("PIECEWORK_STORE_SECRET_KEY")).isEqualTo("store");
      assertThat(environment.get("PIECEWORK_DATABASE_PASSWORD")).isNotEqualTo("before");
      try (var connection = database(environment);
          var rows = connection.createStatement().executeQuery("SELECT x FROM t")) {
        assertThat(rows.next()).isTrue();
      }
    }
    assertThat(mode(data.resolve("state"))).isEqualTo("rwx------");
    assertThat(mode(data.resolve("buckets"))).isEqualTo("rwx------");
  }

  @Test
  void aFolderThatAnotherUserMadeIsRefused() throws Exception {
    Needs.root();
    for (String theirs : new String[] {"", "state", "buckets"}) {
      Path data = Files.createTempDirectory(temporary, "data");
      Path made = Files.createDirectories(data.resolve(theirs));
      Files.setAttribute(made, "unix:uid", 65_534);
      assertThatThrownBy(() -> LocalServices.start(data, ServicePorts.free(), "data").close())
          .isInstanceOf(EmbeddedServiceException.class)
          .hasMessageContainingAll(made.toString(), "belongs to user nobody", "--data");
    }
  }

  @Test
  void loginsThatAnotherUserPutThereAreNotTaken() throws Exception {
    Needs.root();
    Path data = Files.createDirectories(temporary.resolve("data"));
    Path env = Files.writeString(data.resolve("env"), "export PIECEWORK_BROKER_PASSWORD='known'\n");
    Files.setAttribute(env, "unix:uid", 65_534);
    try (LocalServices services = LocalServices.start(data, ServicePorts.free(), "data")) {
      assertThat(services.environment().get("PIECEWORK_BROKER_PASSWORD")).isNotEqualTo("known");
    }
    assertThat(Files.getAttribute(env, "unix:uid")).isEqualTo(0);
  }

  private static void usable(Map<String, String> environment) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(environment.get("PIECEWORK_BROKER_URI"));
    factory.setUsername(environment.get("PIECEWORK_BROKER_USERNAME"));
    factory.setPassword(environment.get("PIECEWORK_BROKER_PASSWORD"));
    factory.newConnection().close();
    database(environment).close();
  }

  private static java.sql.Connection database(Map<String, String> environment) throws Exception {
    return DriverManager.getConnection(
        environment.get("PIECEWORK_DATABASE_URL"),
        environment.get("PIECEWORK_DATABASE_USERNAME"),
        environment.get("PIECEWORK_DATABASE_PASSWORD"));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
