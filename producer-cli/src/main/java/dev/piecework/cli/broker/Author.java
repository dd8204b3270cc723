package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * The name that submissions and orders are sent under: the AMQP property {@code user-id}. RabbitMQ
 * closes the channel of whoever names another user than that of the connection, and with some ways
 * of logging in (OAuth 2.0, certificates) that user is not the one that this program was told. So
 * it is tried first, with a message that reaches no queue.
 */
final class Author {
  /** Bound nowhere. */
  private static final String NOWHERE = "user-id";

  private static final int ANSWER_MILLIS = 10_000;

  private Author() {}

  /**
   * Finds out whether the login is the user that the broker knows.
   *
   * @param exchange that this command may publish to
   * @return the value of {@code user-id}; empty to send none
   */
  static Optional<String> of(BrokerSettings settings, Connection connection, String exchange) {
    String login = settings.username();
    if (login.isEmpty()) {
      return Optional.empty();
    }
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder().userId(login).appId("piecework-cli").build();
    try (Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      channel.basicPublish(exchange, NOWHERE, properties, new byte[0]);
      channel.waitForConfirms(ANSWER_MILLIS);
    } catch (IOException | ShutdownSignalException e) {
      if (BrokerFaults.replyCode(e) == AMQP.PRECONDITION_FAILED) {
        return Optional.empty();
      }
      // Whatever else is wrong, what is sent next meets too, and says.
    } catch (TimeoutException e) {
      // A broker that is slow for this is slow for what follows.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.of(login);
  }
}
