package dev.piecework.worker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends requests, and hears what comes of them. */
final class Asker implements AutoCloseable {
  private final Connection connection;
  private final Channel channel;
  private final String replyQueue;
  private final BlockingQueue<byte[]> replies = new LinkedBlockingQueue<>();

  Asker(TestBroker broker) throws Exception {
    connection = broker.connect();
    channel = connection.createChannel();
    replyQueue = channel.queueDeclare().getQueue();
    channel.basicConsume(
        replyQueue, true, (_, delivery) -> replies.add(delivery.getBody()), _ -> {});
  }

  /**
   * @param expiration milliseconds; null for none
   */
  ControlReply ask(ControlRequest request, @Nullable String expiration) throws Exception {
    channel.basicPublish(
        Topology.CONTROL_EXCHANGE,
        Topology.REQUEST_KEY,
        new AMQP.BasicProperties.Builder()
            .messageId(UUID.randomUUID().toString())
            .replyTo(replyQueue)
            .expiration(expiration)
            .build(),
        ControlCodec.encode(request));
    byte[] reply = replies.poll(2, TimeUnit.MINUTES);
    if (reply == null) {
      throw new AssertionError("no answer to " + request);
    }
    return ControlCodec.decodeReply(reply);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
