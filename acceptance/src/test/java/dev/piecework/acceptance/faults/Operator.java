package dev.piecework.acceptance.faults;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Gives orders about jobs, and insists on an answer: whoever asks again uses the same message id.
 */
final class Operator {
  private static final int TRIES = 60;
  private static final long ANSWER_MILLIS = 3000;

  private final Connection connection;

  Operator(Connection connection) {
    this.connection = connection;
  }

  /**
   * Sends a request until it is answered by a worker that has its database.
   *
   * @throws IllegalStateException if that never happens
   */
  ControlReply order(ControlRequest request)
      throws IOException, TimeoutException, InterruptedException, MessageException {
    String id = UUID.randomUUID().toString();
    try (Channel channel = connection.createChannel()) {
      BlockingQueue<byte[]> answers = new ArrayBlockingQueue<>(TRIES);
      String queue = channel.queueDeclare().getQueue();
      channel.basicConsume(
          queue, true, (tag, delivery) -> answers.add(delivery.getBody()), tag -> {});
      for (int i = 0; i < TRIES; i++) {
        channel.basicPublish(
            Topology.CONTROL_EXCHANGE,
            "request",
            new AMQP.BasicProperties.Builder()
                .contentType(ControlCodec.CONTENT_TYPE)
                .messageId(id)
                .correlationId(id)
                .replyTo(queue)
                .expiration(String.valueOf(ANSWER_MILLIS))
                .build(),
            ControlCodec.encode(request));
        byte[] answer = answers.poll(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
        if (answer != null) {
          ControlReply reply = ControlCodec.decodeReply(answer);
          if (!(reply instanceof ControlReply.Refused(ControlReply.Code code, String _)
              && code == ControlReply.Code.UNAVAILABLE)) {
            return reply;
          }
        }
      }
    }
    throw new IllegalStateException("no worker answers " + request);
  }
}
