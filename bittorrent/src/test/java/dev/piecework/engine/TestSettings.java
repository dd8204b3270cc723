package dev.piecework.engine;

import dev.piecework.net.AddressPolicy;
import java.time.Duration;
import java.util.function.Consumer;

/** The default {@link EngineSettings}, with what a test changes of them. */
final class TestSettings {
  private static final EngineSettings DEFAULTS = EngineSettings.defaults();

  int listenPort = DEFAULTS.listenPort();
  AddressPolicy addressPolicy = DEFAULTS.addressPolicy();
  int connectionsPerSecond = DEFAULTS.connectionsPerSecond();
  Duration connectTimeout = DEFAULTS.connectTimeout();
  Duration handshakeTimeout = DEFAULTS.handshakeTimeout();
  long pieceBufferBytes = DEFAULTS.pieceBufferBytes();
  Duration unreadTimeout = DEFAULTS.unreadTimeout();
  Duration trial = DEFAULTS.peerLimits().trial();
  Duration ban = DEFAULTS.peerLimits().ban();

  private TestSettings() {}

  /**
   * @param change sets fields
   */
  static EngineSettings with(Consumer<TestSettings> change) {
    TestSettings changed = new TestSettings();
    change.accept(changed);
    return changed.build();
  }

  private EngineSettings build() {
    return new EngineSettings(
        listenPort,
        DEFAULTS.listenAddress(),
        DEFAULTS.announcedAddress(),
        addressPolicy,
        DEFAULTS.maxConnections(),
        DEFAULTS.maxConnectionsPerTorrent(),
        connectionsPerSecond,
        connectTimeout,
        handshakeTimeout,
        DEFAULTS.idleTimeout(),
        pieceBufferBytes,
        DEFAULTS.uploadSlots(),
        DEFAULTS.hashThreads(),
        DEFAULTS.eventLoopThreads(),
        DEFAULTS.messagesPerSecond(),
        unreadTimeout,
        peerLimits());
  }

  private PeerLimits peerLimits() {
    PeerLimits limits = DEFAULTS.peerLimits();
    return new PeerLimits(
        limits.connectionsPerAddress(),
        limits.handshakes(),
        limits.handshakesPerAddress(),
        limits.dials(),
        limits.reservedPercent(),
        trial,
        limits.knownAddresses(),
        limits.slips(),
        ban,
        limits.longestBan());
  }
}
