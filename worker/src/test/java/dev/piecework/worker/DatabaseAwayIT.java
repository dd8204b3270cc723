package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Topology;
import dev.piecework.testkit.PostgresDatabase;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a worker tells those who ask while its database is away. */
class DatabaseAwayIT {
  private static final ControlRequest LIST =
      new ControlRequest.ListJobs(List.of(), Map.of(), 100, Optional.empty());

  /** Sends requests, and hears what comes of them. */
  private static final class Asker implements AutoCloseable {
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

  private static void assertUnavailable(ControlReply reply, String advice) {
    assertThat(reply)
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
              assertThat(refused.message()).contains("database does not answer", advice);
            });
  }

  @Test
  void whoeverAsksIsToldSoWhileHeStillWaits() throws Exception {
    try (TestBroker broker = TestBroker.start();
        PostgresDatabase server = PostgresDatabase.privateServer()) {
      Map<String, Object> properties = new HashMap<>(broker.properties());
      properties.put("piecework.database.url", server.jdbcUrl());
      properties.put("piecework.database.username", server.user());
      properties.put("piecework.database.password", server.password());
      // Longer than this test: no answer may wait for the pool to give up.
      properties.put("piecework.database.connect-timeout", "1h");
      properties.put("piecework.worker.control-wait", "500ms");
      properties.put("test.swarm", new StubSwarm());
      properties.put("test.scratch-id", "me");
      try (WorkerApplication _ = WorkerApplication.start(properties, StubSwarm.Side.class);
          Asker asker = new Asker(broker)) {
        assertThat(asker.ask(LIST, "60000")).isInstanceOf(ControlReply.Page.class);

        server.stop();
        try {
          assertUnavailable(asker.ask(LIST, "3000"), "try again later");
          assertUnavailable(
              asker.ask(new ControlRequest.Pause("job", ""), "3000"), "order was taken");
          assertUnavailable(asker.ask(LIST, null), "try again later");
        } finally {
          server.restart();
        }

        assertThat(asker.ask(LIST, "60000")).isInstanceOf(ControlReply.Page.class);
      }
    }
  }
}
