package dev.piecework.acceptance.faults;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.TimeoutException;

/** Submits jobs, each time under a message id of its own, as {@code piecework submit} does. */
final class Producer {
  private static final int PERSISTENT = 2;
  private static final long CONFIRM_MILLIS = 30_000;

  private final Connection connection;

  Producer(Connection connection) {
    this.connection = connection;
  }

  void submit(JobMessage job, int times)
      throws IOException, InterruptedException, TimeoutException {
    try (Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      for (int i = 0; i < times; i++) {
        channel.basicPublish(
            Topology.JOBS_EXCHANGE,
            Topology.JOBS_QUEUE,
            true,
            new AMQP.BasicProperties.Builder()
                .contentType(JobMessageCodec.CONTENT_TYPE)
                .deliveryMode(PERSISTENT)
                .messageId(UUID.randomUUID().toString())
                .build(),
            JobMessageCodec.encode(job));
      }
      channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
    }
  }

  /** Messages of a queue that wait for a consumer. */
  long waiting(String queue) throws IOException, TimeoutException {
    try (Channel channel = connection.createChannel()) {
      return channel.queueDeclarePassive(queue).getMessageCount();
    }
  }
}
