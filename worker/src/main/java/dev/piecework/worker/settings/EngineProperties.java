package dev.piecework.worker.settings;

import dev.piecework.engine.EngineSettings;
import dev.piecework.engine.PeerLimits;
import dev.piecework.net.AddressPolicy;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How the worker meets peers.
 *
 * @param listenPort TCP port for incoming peers; 0 lets the system choose
 * @param listenAddress IP address to listen on; empty: all
 * @param announcedAddress IP address that trackers are told; empty: what they see
 * @param maxConnections peers of all jobs together
 * @param maxConnectionsPerJob peers of one job
 * @param connectionsPerSecond new outgoing connections
 * @param pieceBuffer most bytes of pieces being assembled or hashed, all jobs together; at the
 *     limit sockets are not read; a torrent with longer pieces is refused (LIMIT_EXCEEDED); part of
 *     Java's direct memory
 * @param uploadSlots peers of a job that are given to at once
 * @param hashThreads threads that hash and store pieces
 * @param eventLoopThreads threads that read and write sockets
 * @param messagesPerSecond messages a second of one peer that bring nothing new (repeated, refused,
 *     taken back); of these, those of eight seconds may come at once, then its socket is not read
 *     for a while, and a peer that sends as many again is dropped
 * @param unreadTimeout a peer that takes nothing of what is sent to it for this long is dropped
 */
@ConfigurationProperties("piecework.engine")
public record EngineProperties(
    @DefaultValue("0") int listenPort,
    @DefaultValue("") String listenAddress,
    @DefaultValue("") String announcedAddress,
    @DefaultValue("200") int maxConnections,
    @DefaultValue("60") int maxConnectionsPerJob,
    @DefaultValue("100") int connectionsPerSecond,
    @DefaultValue("64MB") DataSize pieceBuffer,
    @DefaultValue("8") int uploadSlots,
    @DefaultValue("2") int hashThreads,
    @DefaultValue("2") int eventLoopThreads,
    @DefaultValue("500") int messagesPerSecond,
    @DefaultValue("60s") Duration unreadTimeout) {

  /** Validates. */
  public EngineProperties {
    Checks.between("piecework.engine.listen-port", listenPort, 0, 65_535);
    address("piecework.engine.listen-address", listenAddress);
    address("piecework.engine.announced-address", announcedAddress);
    Checks.between("piecework.engine.max-connections", maxConnections, 1, 10_000);
    Checks.between("piecework.engine.max-connections-per-job", maxConnectionsPerJob, 1, 10_000);
    Checks.between("piecework.engine.connections-per-second", connectionsPerSecond, 1, 10_000);
    Checks.between(
        "piecework.engine.piece-buffer", pieceBuffer.toBytes(), 1L << 20, Integer.MAX_VALUE);
    Checks.between("piecework.engine.upload-slots", uploadSlots, 1, 1000);
    Checks.between("piecework.engine.hash-threads", hashThreads, 1, 64);
    Checks.between("piecework.engine.event-loop-threads", eventLoopThreads, 1, 64);
    Checks.between("piecework.engine.messages-per-second", messagesPerSecond, 10, 1_000_000);
    Checks.between(
        "piecework.engine.unread-timeout",
        unreadTimeout,
        Duration.ofSeconds(5),
        Duration.ofHours(1));
  }

  /** For the engine. */
  public EngineSettings settings(AddressPolicy policy, PeerLimits peerLimits) {
    EngineSettings defaults = EngineSettings.defaults();
    return new EngineSettings(
        listenPort,
        address("piecework.engine.listen-address", listenAddress),
        address("piecework.engine.announced-address", announcedAddress),
        policy,
        maxConnections,
        maxConnectionsPerJob,
        connectionsPerSecond,
        defaults.connectTimeout(),
        defaults.handshakeTimeout(),
        defaults.idleTimeout(),
        pieceBuffer.toBytes(),
        uploadSlots,
        hashThreads,
        eventLoopThreads,
        messagesPerSecond,
        unreadTimeout,
        peerLimits);
  }

  private static Optional<InetAddress> address(String setting, String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text.strip()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s is '%s': expected an IPv4 or IPv6 address, not a name".formatted(setting, text), e);
    }
  }
}
