package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * Asks what is there on the broker before anything is declared: asking needs no right to configure,
 * and what is there already is left as it is.
 */
final class Declarations {
  private final BrokerSettings settings;
  private final Connection connection;

  Declarations(BrokerSettings settings, Connection connection) {
    this.settings = settings;
    this.connection = connection;
  }

  /** Makes sure that jobs have somewhere to go; what is missing is declared as workers do. */
  void jobs() {
    if (exists(channel -> channel.exchangeDeclarePassive(Topology.JOBS_EXCHANGE))
        && exists(channel -> channel.exchangeDeclarePassive(Topology.EVENTS_EXCHANGE))
        && queueExists(Topology.JOBS_QUEUE)) {
      return;
    }
    declare(channel -> {
      channel.exchangeDeclare(Topology.DEAD_LETTER_EXCHANGE, BuiltinExchangeType.FANOUT, true);
      channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, BuiltinExchangeType.TOPIC, true);
      channel.exchangeDeclare(Topology.JOBS_EXCHANGE, BuiltinExchangeType.DIRECT, true);
      channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Topology.jobsQueueArguments());
      channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
      channel.queueDeclare(
          Topology.REGISTRATIONS_QUEUE, true, false, false, Topology.registrationsQueueArguments());
      channel.queueBind(Topology.REGISTRATIONS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    });
  }

  /** Makes sure that there is something to listen to. */
  void events() {
    if (!exists(channel -> channel.exchangeDeclarePassive(Topology.EVENTS_EXCHANGE))) {
      declare(channel ->
          channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, BuiltinExchangeType.TOPIC, true));
    }
  }

  /** Whether a queue is there. */
  boolean queueExists(String queue) {
    return exists(channel -> channel.queueDeclarePassive(queue));
  }

  private void declare(Declaration declaration) {
    try (Channel channel = connection.createChannel()) {
      declaration.run(channel);
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      throw BrokerFaults.notDeclared(settings, e);
    }
  }

  /** Whether a passive declaration succeeds. A refused one closes its channel. */
  private boolean exists(Declaration declaration) {
    Channel channel;
    try {
      channel = connection.createChannel();
    } catch (IOException | ShutdownSignalException e) {
      throw BrokerFaults.lost(settings, e);
    }
    try {
      declaration.run(channel);
      channel.close();
      return true;
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      if (BrokerFaults.replyCode(e) == AMQP.NOT_FOUND) {
        return false;
      }
      throw BrokerFaults.notDeclared(settings, e);
    }
  }

  @FunctionalInterface
  private interface Declaration {
    void run(Channel channel) throws IOException;
  }
}
