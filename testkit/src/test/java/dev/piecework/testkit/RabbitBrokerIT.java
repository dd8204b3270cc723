package dev.piecework.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RabbitBrokerIT {
  @Test
  void everyInstanceIsEmpty() throws Exception {
    try (RabbitBroker first = RabbitBroker.start();
        RabbitBroker second = RabbitBroker.start()) {
      publish(first, "only here");

      try (Connection connection = second.connectionFactory().newConnection()) {
        Channel channel = connection.createChannel();
        assertThatThrownBy(() -> channel.queueDeclarePassive("test"))
            .isInstanceOf(IOException.class);
      }
      assertThat(take(first)).isEqualTo("only here");
    }
  }

  @Test
  void theUriSaysAllThatAClientNeeds() throws Exception {
    try (RabbitBroker broker = RabbitBroker.start()) {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(broker.uri());
      try (Connection connection = factory.newConnection()) {
        assertThat(connection.isOpen()).isTrue();
      }
    }
  }

  @Test
  void aPrivateNodeKeepsDurableMessagesOverStopAndKill() throws Exception {
    try (RabbitBroker broker = RabbitBroker.privateNode("consumer_timeout = 60000")) {
      publish(broker, "kept");

      broker.stop();
      assertThat(Ports.accepts(broker.address())).isFalse();
      broker.restart();
      broker.kill();
      assertThat(Ports.accepts(broker.address())).isFalse();
      broker.restart();

      assertThat(take(broker)).isEqualTo("kept");
    }
  }

  private static void publish(RabbitBroker broker, String text) throws Exception {
    try (Connection connection = broker.connectionFactory().newConnection();
        Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      channel.queueDeclare("test", true, false, false, Map.of("x-queue-type", "quorum"));
      channel.basicPublish("", "test", MessageProperties.PERSISTENT_BASIC, text.getBytes(UTF_8));
      channel.waitForConfirmsOrDie(30_000);
    }
  }

  private static String take(RabbitBroker broker) throws Exception {
    try (Connection connection = broker.connectionFactory().newConnection();
        Channel channel = connection.createChannel()) {
      return new String(channel.basicGet("test", true).getBody(), UTF_8);
    }
  }
}
