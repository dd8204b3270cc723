package dev.piecework.worker.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Declares everything that Piecework uses on the broker. Declaring again what is there changes
 * nothing, so that every worker does it at each connection. This class and {@link Topology} are all
 * that knows RabbitMQ from Qpid Broker-J.
 */
public final class BrokerTopology {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerTopology.class);
  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private BrokerTopology() {}

  /**
   * Declares exchanges, queues and bindings.
   *
   * <p>A queue that is there with other arguments, of an earlier version or an operator's own, is
   * used as it is: arguments of a queue cannot be changed, and a fleet must not stand still for
   * them. What to do about its delivery limit is logged once.
   *
   * @throws IOException if the broker refuses
   */
  public static void declare(Channel channel) throws IOException {
    channel.exchangeDeclare(Topology.DEAD_LETTER_EXCHANGE, BuiltinExchangeType.FANOUT, true);
    channel.queueDeclare(Topology.DEAD_LETTER_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.DEAD_LETTER_QUEUE, Topology.DEAD_LETTER_EXCHANGE, "");
    channel.exchangeDeclare(Topology.JOBS_EXCHANGE, BuiltinExchangeType.DIRECT, true);
    declareQueue(channel, Topology.JOBS_QUEUE, Topology.jobsQueueArguments());
    channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    declareQueue(channel, Topology.REGISTRATIONS_QUEUE, Topology.registrationsQueueArguments());
    channel.queueBind(Topology.REGISTRATIONS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, BuiltinExchangeType.TOPIC, true);
    channel.exchangeDeclare(Topology.CONTROL_EXCHANGE, BuiltinExchangeType.TOPIC, true);
    channel.queueDeclare(Topology.REQUESTS_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.REQUESTS_QUEUE, Topology.CONTROL_EXCHANGE, Topology.REQUEST_KEY);
    channel.exchangeDeclare(Topology.QUESTIONS_EXCHANGE, BuiltinExchangeType.DIRECT, true);
    channel.queueBind(Topology.REQUESTS_QUEUE, Topology.QUESTIONS_EXCHANGE, Topology.REQUEST_KEY);
  }

  private static void declareQueue(Channel channel, String queue, Map<String, Object> arguments)
      throws IOException {
    // A refused declaration closes its channel.
    try (Channel own = channel.getConnection().createChannel()) {
      own.queueDeclare(queue, true, false, false, arguments);
      return;
    } catch (TimeoutException | AlreadyClosedException e) {
      throw new IOException("queue " + queue + " cannot be declared: " + e.getMessage(), e);
    } catch (IOException e) {
      if (!(e.getCause() instanceof ShutdownSignalException signal)
          || !(signal.getReason() instanceof AMQP.Channel.Close close)
          || close.getReplyCode() != AMQP.PRECONDITION_FAILED) {
        throw e;
      }
      channel.queueDeclarePassive(queue);
      if (SAID.add(queue)) {
        LOG.warn(
            "queue {} is there with other arguments and is used as it is ({}): have a policy set its delivery-limit to {}, see docs/operations.md",
            queue,
            close.getReplyText(),
            Topology.DELIVERY_LIMIT);
      }
    }
  }
}
