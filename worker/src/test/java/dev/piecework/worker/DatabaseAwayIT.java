package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlRequest;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.PostgresDatabase;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a worker tells those who ask while its database is away. */
class DatabaseAwayIT {
  private static final ControlRequest LIST =
      new ControlRequest.ListJobs(List.of(), Map.of(), 100, Optional.empty());

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

        // The worker asks its database every second.
        Await.until(
            "an answer again",
            Duration.ofMinutes(1),
            () -> asker.ask(LIST, "60000") instanceof ControlReply.Page);
      }
    }
  }
}
