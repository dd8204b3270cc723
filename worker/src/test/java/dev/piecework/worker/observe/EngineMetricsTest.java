package dev.piecework.worker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.engine.CloseReason;
import dev.piecework.engine.EngineStats;
import dev.piecework.engine.PeerCounts;
import dev.piecework.swarm.Reputation;
import dev.piecework.tracker.AnnounceCounts;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the engine counts of connections that ended, by names that do not grow with peers. */
class EngineMetricsTest {
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void connectionsThatEndedBansAndHalfOpenConnectionsAreExported() {
    EngineStats stats =
        new EngineStats(
            0,
            0,
            0,
            0,
            0,
            0,
            Map.of(CloseReason.SILENT, 5L, CloseReason.CORRUPT_DATA, 2L),
            new Reputation.Bans(3, 1),
            0,
            new PeerCounts(),
            7,
            200,
            11,
            128,
            0,
            64,
            0,
            new AnnounceCounts(0, 0, 0, 0, 0));
    EngineMetrics.register(registry, () -> stats);

    assertThat(closed("silent")).isEqualTo(5);
    assertThat(closed("corrupt_data")).isEqualTo(2);
    assertThat(closed("unread")).isZero();
    assertThat(registry.get("piecework.peers.closed").functionCounters())
        .hasSize(CloseReason.values().length);
    assertThat(bans("protocol_error")).isEqualTo(3);
    assertThat(bans("corrupt_data")).isEqualTo(1);
    assertThat(registry.get("piecework.budget.used").tag("budget", "handshakes").gauge().value())
        .isEqualTo(11);
    assertThat(registry.get("piecework.budget.limit").tag("budget", "handshakes").gauge().value())
        .isEqualTo(128);
  }

  private double closed(String reason) {
    return registry.get("piecework.peers.closed").tag("reason", reason).functionCounter().count();
  }

  private double bans(String reason) {
    return registry.get("piecework.peers.bans").tag("reason", reason).functionCounter().count();
  }
}
