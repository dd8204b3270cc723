package dev.piecework.cli;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/**
 * The worker's end of the queue without the work: declares what a worker declares, takes jobs, and
 * answers each with events.
 */
final class FakeWorker implements AutoCloseable {
  private final Channel channel;
  private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();

  FakeWorker(Connection connection, Function<JobMessage, List<JobEvent>> answer)
      throws IOException {
    this(received -> answer.apply(received.job()), connection);
  }

  /** One that looks at what came around a job, too. */
  FakeWorker(Function<Received, List<JobEvent>> answer, Connection connection) throws IOException {
    channel = connection.createChannel();
    channel.exchangeDeclare(Topology.DEAD_LETTER_EXCHANGE, "fanout", true);
    channel.exchangeDeclare(Topology.JOBS_EXCHANGE, "direct", true);
    channel.queueDeclare(Topology.JOBS_QUEUE, true, false, false, Topology.jobsQueueArguments());
    channel.queueBind(Topology.JOBS_QUEUE, Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE);
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
    channel.basicConsume(
        Topology.JOBS_QUEUE,
        true,
        (_, delivery) -> {
          try {
            JobMessage job = JobMessageCodec.decode(delivery.getBody());
            Received taken = new Received(job, delivery.getProperties());
            received.add(taken);
            for (JobEvent event : answer.apply(taken)) {
              publish(event);
            }
          } catch (MessageException e) {
            throw new IOException(e);
          }
        },
        _ -> {});
  }

  private void publish(JobEvent event) throws IOException {
    publish(channel, event);
  }

  /** Tells an event of any job, as a worker would. */
  static void publish(Channel channel, JobEvent event) throws IOException {
    channel.basicPublish(
        Topology.EVENTS_EXCHANGE,
        Topology.eventRoutingKey(event.type(), event.jobId()),
        new AMQP.BasicProperties.Builder().contentType(JobEventCodec.CONTENT_TYPE).build(),
        JobEventCodec.encode(event));
  }

  /** Jobs taken so far and not asked for yet, in order. */
  BlockingQueue<Received> received() {
    return received;
  }

  @Override
  public void close() throws IOException {
    channel.abort();
  }

  /** A job with what came around it. */
  record Received(JobMessage job, AMQP.BasicProperties properties) {}
}
