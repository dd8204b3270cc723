package dev.piecework.cli.broker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The events of some jobs, through a queue of our own that is gone when we are. Events that this
 * version does not know, and what is no event, are passed over.
 */
public final class JobEvents {
  private final BrokerSettings settings;
  private final Channel channel;
  private final BlockingQueue<JobEvent> received = new LinkedBlockingQueue<>();

  private JobEvents(BrokerSettings settings, Channel channel) {
    this.settings = settings;
    this.channel = channel;
  }

  static JobEvents open(BrokerSettings settings, Channel channel, List<String> jobIds)
      throws IOException {
    JobEvents events = new JobEvents(settings, channel);
    // Exclusive and auto-delete, not durable, named by the broker.
    String queue = channel.queueDeclare().getQueue();
    for (String jobId : jobIds) {
      channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "job.*." + jobId);
    }
    channel.basicConsume(queue, true, (_, delivery) -> events.receive(delivery.getBody()), _ -> {});
    return events;
  }

  private void receive(byte[] body) {
    try {
      received.add(JobEventCodec.decode(body));
    } catch (MessageException e) {
      // Of a later version, or not ours: the job's final event will come all the same.
    }
  }

  /**
   * The next event, or nothing after {@code atMost}.
   *
   * @throws CliException when the connection is lost: no event will come any more
   */
  public Optional<JobEvent> await(Duration atMost) throws InterruptedException {
    Optional<JobEvent> next =
        Optional.ofNullable(received.poll(atMost.toMillis(), TimeUnit.MILLISECONDS));
    if (next.isEmpty() && !channel.isOpen()) {
      ShutdownSignalException reason = channel.getCloseReason();
      throw BrokerFaults.lost(settings, reason == null ? new IOException("closed") : reason);
    }
    return next;
  }
}
