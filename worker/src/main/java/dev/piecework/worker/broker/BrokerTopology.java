package dev.piecework.worker.broker;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.Map;

/**
 * Declares everything that Piecework uses on the broker. Declaring again what is there changes
 * nothing, so that every worker does it at each connection. This class and {@link Topology} are all
 * that knows RabbitMQ from Qpid Broker-J.
 */
public final class BrokerTopology {
  private BrokerTopology() {}

  /**
   * Declares exchanges, queues and bindings.
   *
   * @throws IOException if the broker refuses, for instance because a queue is there with other
   *     arguments
   */
  public static void declare(Channel channel) throws IOException {
    channel.exchangeDeclare(Topology.DEAD_LETTER_EXCHANGE, BuiltinExchangeType.FANOUT, true);
    channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.DEAD_LETTER_QUEUE, Topology.DEAD_LETTER_EXCHANGE, "");
    channel.exchangeDeclare(Topology.JOBS_EXCHANGE, BuiltinExchangeType.DIRECT, true);
    channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Topology.jobsQueueArguments());
    channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    channel.queueDeclare(
        Topology.REGISTRATIONS_QUEUE, true, false, false, Topology.registrationsQueueArguments());
    channel.queueBind(Topology.REGISTRATIONS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, BuiltinExchangeType.TOPIC, true);
    channel.exchangeDeclare(Topology.CONTROL_EXCHANGE, BuiltinExchangeType.TOPIC, true);
    channel.queueDeclare(Topology.REQUESTS_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.REQUESTS_QUEUE, Topology.CONTROL_EXCHANGE, Topology.REQUEST_KEY);
  }
}
