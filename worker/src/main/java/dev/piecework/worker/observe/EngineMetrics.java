package dev.piecework.worker.observe;

import dev.piecework.engine.CloseReason;
import dev.piecework.engine.EngineStats;
import dev.piecework.engine.PeerState;
import dev.piecework.swarm.PeerOrigin;
import dev.piecework.swarm.Reputation;
import dev.piecework.tracker.AnnounceCounts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What the engine says of itself, as metrics. The engine counts; nothing is counted here. */
final class EngineMetrics {
  private final MeterRegistry registry;
  private final Supplier<EngineStats> engine;

  private EngineMetrics(MeterRegistry registry, Supplier<EngineStats> engine) {
    this.registry = registry;
    this.engine = engine;
  }

  /**
   * Registers all meters.
   *
   * @param engine asked once for each meter at each scrape: must be cheap
   */
  static void register(MeterRegistry registry, Supplier<EngineStats> engine) {
    EngineMetrics metrics = new EngineMetrics(registry, engine);
    metrics.traffic();
    metrics.peers();
    metrics.trackers();
    metrics.budgets();
  }

  private void traffic() {
    bytes("downloaded", "Block bytes taken from peers, useful or not", EngineStats::receivedBytes);
    bytes(
        "wasted",
        "Of the bytes downloaded, those thrown away: duplicates and pieces that failed their hash",
        EngineStats::wastedBytes);
    bytes("sent", "Block bytes given to peers", EngineStats::sentBytes);
    pieces("verified", EngineStats::verifiedPieces);
    pieces("failed", EngineStats::failedPieces);
    FunctionCounter.builder(
            "piecework.peers.misbehaved", engine, each -> each.get().misbehavedPeers())
        .description("Connections closed because the peer broke the protocol")
        .register(registry);
    for (CloseReason reason : CloseReason.values()) {
      FunctionCounter.builder(
              "piecework.peers.closed",
              engine,
              each -> each.get().closedConnections().getOrDefault(reason, 0L))
          .description("Connections to peers that ended after their handshake, by why")
          .tag("reason", lower(reason))
          .register(registry);
    }
    bans(CloseReason.PROTOCOL_ERROR, Reputation.Bans::forProtocolErrors);
    bans(CloseReason.CORRUPT_DATA, Reputation.Bans::forCorruptData);
    gauge("torrents", "Torrents at work in the engine", EngineStats::torrents);
    gauge(
        "engine.waiting",
        "Pieces to be hashed and blocks to be read that wait for a thread",
        EngineStats::waitingTasks);
  }

  private void peers() {
    for (PeerOrigin origin : PeerOrigin.values()) {
      for (PeerState state : PeerState.values()) {
        if (origin == PeerOrigin.INCOMING
            && (state == PeerState.KNOWN || state == PeerState.CONNECTING)) {
          continue; // They call us.
        }
        Gauge.builder("piecework.peers", engine, each -> each.get().peers().of(origin, state))
            .description("Peers of all torrents, by how we know of them and how far we have come")
            .tag("source", lower(origin))
            .tag("state", lower(state))
            .register(registry);
      }
    }
  }

  private void trackers() {
    announces("http", "accepted", AnnounceCounts::httpAccepted);
    announces("http", "failed", AnnounceCounts::httpFailed);
    announces("udp", "accepted", AnnounceCounts::udpAccepted);
    announces("udp", "failed", AnnounceCounts::udpFailed);
    announces("none", "failed", AnnounceCounts::unusable);
  }

  private void budgets() {
    Budgets budgets = new Budgets(registry);
    budgets.add("connections", () -> engine.get().openConnections(), engine.get().maxConnections());
    budgets.add("handshakes", () -> engine.get().handshakes(), engine.get().maxHandshakes());
    budgets.add(
        "piece_buffer_bytes",
        () -> engine.get().pieceBufferBytes(),
        engine.get().maxPieceBufferBytes());
  }

  private void announces(String protocol, String result, ToDoubleFunction<AnnounceCounts> count) {
    FunctionCounter.builder(
            "piecework.announces", engine, each -> count.applyAsDouble(each.get().announces()))
        .description("Announces to trackers by what came of them; https counts as http")
        .tag("protocol", protocol)
        .tag("result", result)
        .register(registry);
  }

  private void bytes(String name, String description, ToDoubleFunction<EngineStats> count) {
    FunctionCounter.builder("piecework." + name, engine, each -> count.applyAsDouble(each.get()))
        .baseUnit("bytes")
        .description(description)
        .register(registry);
  }

  private void pieces(String result, ToDoubleFunction<EngineStats> count) {
    FunctionCounter.builder("piecework.pieces", engine, each -> count.applyAsDouble(each.get()))
        .description("Pieces hashed, by whether the hash was right")
        .tag("result", result)
        .register(registry);
  }

  private void bans(CloseReason reason, ToDoubleFunction<Reputation.Bans> count) {
    FunctionCounter.builder(
            "piecework.peers.bans", engine, each -> count.applyAsDouble(each.get().bans()))
        .description("Bans of peers' addresses, by why; expired ones too")
        .tag("reason", lower(reason))
        .register(registry);
  }

  private void gauge(String name, String description, ToDoubleFunction<EngineStats> value) {
    Gauge.builder("piecework." + name, engine, each -> value.applyAsDouble(each.get()))
        .description(description)
        .register(registry);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
