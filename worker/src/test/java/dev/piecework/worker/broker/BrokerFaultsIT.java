package dev.piecework.worker.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.worker.settings.BrokerSettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people read of a broker that fails: no class's name. */
class BrokerFaultsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  private static BrokerSettings settings(int port) {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    return new BrokerSettings(
        URI.create("amqp://127.0.0.1:" + port + path),
        broker.user(),
        broker.password(),
        "",
        "",
        false);
  }

  private static String words(ThrowingCallable failing) {
    String words = BrokerFaults.words(catchThrowable(failing));
    assertThat(words).doesNotContainPattern("[a-z]\\.[a-z]+\\.|Exception|#method");
    return words;
  }

  @Test
  void aBrokerThatIsNotThere() {
    assertThat(words(() -> BrokerConnection.open(settings(1), "test")))
        .isEqualTo("connection refused");
  }

  @Test
  void aBrokerThatClosesWhatItHasAccepted() throws Exception {
    try (FaultProxy proxy = FaultProxy.tcp(broker.address())) {
      proxy.refuse(true);
      words(() -> BrokerConnection.open(settings(proxy.address().getPort()), "test"));
    }
  }

  @Test
  void aConnectionThatIsCut() throws Exception {
    try (FaultProxy proxy = FaultProxy.tcp(broker.address())) {
      Connection connection = BrokerConnection.open(settings(proxy.address().getPort()), "test");
      proxy.cut();
      Await.until("the cut", LIMIT, () -> !connection.isOpen());

      assertThat(BrokerFaults.words(connection.getCloseReason()))
          .isEqualTo("the connection was closed");
      assertThat(words(connection::createChannel)).isEqualTo("the connection was closed");
    }
  }

  @Test
  void aBrokerThatSaysWhy() throws Exception {
    try (Connection connection = BrokerConnection.open(settings(broker.port()), "test")) {
      Channel channel = connection.createChannel();
      assertThat(words(() -> channel.queueDeclarePassive("no-such-queue")))
          .startsWith("NOT_FOUND - no queue 'no-such-queue'");
    }
  }

  @Test
  void aPublicationThatIsNotConfirmed() throws Exception {
    try (FaultProxy proxy = FaultProxy.tcp(broker.address());
        Publisher publisher =
            new Publisher(settings(proxy.address().getPort()), "test", Duration.ofSeconds(1))) {
      publisher.connect();
      proxy.holdAnswers();
      OutgoingMessage message =
          new OutgoingMessage(
              "m", "", "nowhere", 0, "text/plain", java.util.Map.of(), false, new byte[0]);

      Throwable thrown = catchThrowable(() -> publisher.publish(List.of(message)));

      assertThat(thrown)
          .isInstanceOf(PublishException.class)
          .hasMessageEndingWith("did not confirm: no confirmation in 1 s");
      proxy.resume();
    }
  }
}
