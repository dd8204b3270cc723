package dev.piecework.standalone.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServicesTest {
  @TempDir Path folder;

  @Test
  void brokerTakesOurTopologyAndForgetsItInMemory() throws Exception {
    Set<Thread> before = threads();
    int port = Loopback.freePort();
    try (EmbeddedBroker broker = EmbeddedBroker.inMemory(folder, port, Login.random("piecework"));
        Connection connection = connect(broker);
        Channel channel = connection.createChannel()) {
      declare(channel);
      channel.confirmSelect();
      publish(channel, "one");
      channel.waitForConfirmsOrDie(10_000);
      GetResponse response = channel.basicGet(Topology.JOBS_QUEUE, true);
      assertThat(new String(response.getBody(), UTF_8)).isEqualTo("one");
      // By it a worker tells orders from questions.
      assertThat(response.getEnvelope().getExchange()).isEqualTo(Topology.JOBS_EXCHANGE);
    }
    assertNoNewThreads(before);
    assertThat(Loopback.isFree(port)).isTrue();
  }

  @Test
  void brokerPassesOnWhoSendsAMessageAndConfirmsWhatReachesNoQueue() throws Exception {
    try (EmbeddedBroker broker =
            EmbeddedBroker.inMemory(folder, Loopback.freePort(), Login.random("piecework"));
        Connection connection = connect(broker);
        Channel channel = connection.createChannel()) {
      declare(channel);
      channel.confirmSelect();
      AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder().userId("me").build();
      // As the command line does, to find out under which name it may send.
      channel.basicPublish(Topology.JOBS_EXCHANGE, "nowhere", properties, new byte[0]);
      channel.waitForConfirms(10_000);
      channel.basicPublish(Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE, properties, new byte[1]);
      channel.waitForConfirmsOrDie(10_000);

      assertThat(channel.basicGet(Topology.JOBS_QUEUE, true).getProps().getUserId())
          .isEqualTo("me");
    }
  }

  @Test
  void durableBrokerKeepsWhatWasConfirmed() throws Exception {
    Login login = Login.random("piecework");
    try (EmbeddedBroker broker = EmbeddedBroker.durable(folder, Loopback.freePort(), login);
        Connection connection = connect(broker);
        Channel channel = connection.createChannel()) {
      declare(channel);
      channel.confirmSelect();
      publish(channel, "kept");
      channel.waitForConfirmsOrDie(10_000);
    }
    try (EmbeddedBroker broker = EmbeddedBroker.durable(folder, Loopback.freePort(), login);
        Connection connection = connect(broker);
        Channel channel = connection.createChannel()) {
      declare(channel);
      GetResponse response = channel.basicGet(Topology.JOBS_QUEUE, true);
      assertThat(new String(response.getBody(), UTF_8)).isEqualTo("kept");
    }
  }

  @Test
  void brokerRefusesAWrongSecret() throws Exception {
    try (EmbeddedBroker broker =
        EmbeddedBroker.inMemory(folder, Loopback.freePort(), Login.random("piecework"))) {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setHost(Loopback.ADDRESS);
      factory.setPort(broker.port());
      factory.setUsername("piecework");
      factory.setPassword("wrong");
      assertThatThrownBy(factory::newConnection).isInstanceOf(java.io.IOException.class);
    }
  }

  @Test
  void databaseKeepsCommitsAndIsReachedByOthersWhenServed() throws Exception {
    Set<Thread> before = threads();
    Path file = folder.resolve("jobs");
    try (EmbeddedDatabase database = EmbeddedDatabase.inProcess(file, Optional.empty());
        var connection = connect(database);
        var statement = connection.createStatement()) {
      statement.execute("create table t (x int)");
      statement.execute("insert into t values (7)");
    }
    try (EmbeddedDatabase database =
            EmbeddedDatabase.served(file, Loopback.freePort(), Optional.empty());
        var connection = connect(database);
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select x from t")) {
      assertThat(database.url()).startsWith("jdbc:h2:tcp://127.0.0.1:");
      assertThat(rows.next()).isTrue();
      assertThat(rows.getInt(1)).isEqualTo(7);
    }
    assertNoNewThreads(before);
  }

  @Test
  void aServedDatabaseListensOnOneAddressOnly() throws Exception {
    int port = Loopback.freePort();
    try (EmbeddedDatabase database =
        EmbeddedDatabase.served(folder.resolve("jobs"), port, Optional.empty())) {
      assertThat(database.url()).contains(":" + port + "/");
      try (Socket socket = new Socket(InetAddress.ofLiteral(Loopback.ADDRESS), port)) {
        assertThat(socket.isConnected()).isTrue();
      }
      assertThatThrownBy(() -> new Socket(InetAddress.ofLiteral("127.0.0.2"), port).close())
          .isInstanceOf(IOException.class);
    }
  }

  private static java.sql.Connection connect(EmbeddedDatabase database) throws Exception {
    Login login = database.login();
    return DriverManager.getConnection(database.url(), login.user(), login.secret());
  }

  private static Connection connect(EmbeddedBroker broker) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(broker.uri());
    return factory.newConnection();
  }

  private static void declare(Channel channel) throws Exception {
    channel.exchangeDeclare(Topology.DEAD_LETTER_EXCHANGE, "fanout", true);
    channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
    channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.DEAD_LETTER_QUEUE, Topology.DEAD_LETTER_EXCHANGE, "");
    channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Topology.jobsQueueArguments());
    channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
  }

  private static void publish(Channel channel, String text) throws Exception {
    AMQP.BasicProperties persistent = MessageProperties.PERSISTENT_BASIC;
    channel.basicPublish(
        Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE, true, persistent, text.getBytes(UTF_8));
  }

  private static Set<Thread> threads() {
    return Set.copyOf(Thread.getAllStackTraces().keySet());
  }

  private static void assertNoNewThreads(Set<Thread> before) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(
                    threads().stream()
                        .filter(thread -> !before.contains(thread))
                        .map(Thread::getName)
                        .filter(name ->
                            !name.startsWith("awaitility")
                                && !name.startsWith("ForkJoinPool.common"))
                        .collect(Collectors.toSet()))
                .isEmpty());
  }
}
