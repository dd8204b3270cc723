package dev.piecework.cli;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Limits;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.message.WorkerLimit;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What workers answer when each of them is asked. */
final class FakeFleet {
  private FakeFleet() {}

  /** A worker that says this whatever it is asked, until the connection is closed. */
  static void listening(Connection connection, ControlReply reply) throws IOException {
    Channel channel = connection.createChannel();
    channel.exchangeDeclare(Topology.CONTROL_EXCHANGE, "topic", true);
    channel.exchangeDeclare(Topology.QUESTIONS_EXCHANGE, "direct", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, Topology.QUESTIONS_EXCHANGE, Topology.LIMITS_KEY);
    channel.basicConsume(
        queue,
        true,
        (_, delivery) ->
            channel.basicPublish(
                "",
                delivery.getProperties().getReplyTo(),
                new AMQP.BasicProperties.Builder()
                    .correlationId(delivery.getProperties().getCorrelationId())
                    .build(),
                ControlCodec.encode(reply)),
        _ -> {});
  }

  /** A worker that takes questions and orders, until the connection is closed. */
  static void answering(
      Connection connection, Function<ControlRequest, Optional<ControlReply>> answers)
      throws IOException {
    Channel channel = connection.createChannel();
    channel.exchangeDeclare(Topology.CONTROL_EXCHANGE, "topic", true);
    channel.exchangeDeclare(Topology.QUESTIONS_EXCHANGE, "direct", true);
    channel.queueDeclare(Topology.REQUESTS_QUEUE, true, false, false, Map.of());
    channel.queueBind(Topology.REQUESTS_QUEUE, Topology.CONTROL_EXCHANGE, Topology.REQUEST_KEY);
    channel.queueBind(Topology.REQUESTS_QUEUE, Topology.QUESTIONS_EXCHANGE, Topology.REQUEST_KEY);
    channel.basicConsume(
        Topology.REQUESTS_QUEUE,
        true,
        (_, delivery) -> {
          ControlRequest request;
          try {
            request = ControlCodec.decodeRequest(delivery.getBody());
          } catch (MessageException e) {
            throw new IOException(e);
          }
          AMQP.BasicProperties asked = delivery.getProperties();
          Optional<ControlReply> reply = answers.apply(request);
          if (reply.isPresent()) {
            channel.basicPublish(
                "",
                asked.getReplyTo(),
                new AMQP.BasicProperties.Builder().correlationId(asked.getCorrelationId()).build(),
                ControlCodec.encode(reply.get()));
          }
        },
        _ -> {});
  }

  /** Limits of a worker with some of everything. */
  static Limits limits(String worker, long slotsUsed) {
    return new Limits(
        worker,
        "host-" + worker,
        "1.0.0",
        List.of(
            new WorkerLimit("slots", WorkerLimit.COUNT, Optional.of(4L), Optional.of(slotsUsed)),
            new WorkerLimit(
                "piece_buffer_bytes",
                WorkerLimit.BYTES,
                Optional.of(64L << 20),
                Optional.of(16L << 20)),
            new WorkerLimit("kept_bytes", WorkerLimit.BYTES, Optional.empty(), Optional.of(512L)),
            new WorkerLimit(
                "connections_per_second",
                WorkerLimit.COUNT_PER_SECOND,
                Optional.of(100L),
                Optional.empty())));
  }
}
