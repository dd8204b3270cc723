package dev.piecework.worker.broker;

import com.rabbitmq.client.AMQP;
import dev.piecework.text.ForeignText;
import java.util.Objects;

/**
 * Who sent a message: its AMQP property {@code user-id}. RabbitMQ refuses a message whose user-id
 * is not the user of its connection (users with the tag {@code impersonator} excepted), so that
 * nobody names another; a message need not have one. Qpid Broker-J passes on whatever it says.
 */
public final class Author {
  /** Longest name; what AMQP 0-9-1 lets a short string have. */
  public static final int MAX_CHARACTERS = 255;

  /** What is said to whoever leaves it out where it is required. */
  public static final String REQUIRED =
      "the message does not say who sent it, and piecework.broker.require-user-id is set: send it"
          + " with the AMQP property user-id, the name of the broker's user";

  private Author() {}

  /**
   * The user who sent a message.
   *
   * @return one line; empty if the message does not say
   */
  public static String of(AMQP.BasicProperties properties) {
    return ForeignText.line(Objects.requireNonNullElse(properties.getUserId(), ""), MAX_CHARACTERS);
  }
}
