package dev.piecework.engine;

import dev.piecework.net.AddressPolicy;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of the engine; see ENGINE defaults in {@link #defaults()}.
 *
 * @param listenPort TCP port for incoming peers; 0 lets the system choose
 * @param listenAddress address to listen on; empty means all
 * @param announcedAddress address told to trackers (HTTP parameter {@code ip}); empty: what they
 *     see
 * @param addressPolicy which addresses may be talked to
 * @param maxConnections connections of all torrents together
 * @param maxConnectionsPerTorrent connections of one torrent
 * @param connectionsPerSecond new outgoing connections a second
 * @param connectTimeout for the TCP connection
 * @param handshakeTimeout from connection to handshake received
 * @param idleTimeout without any message from a peer
 * @param pieceBufferBytes bytes of pieces being assembled or hashed, all torrents together; at the
 *     limit sockets are not read
 * @param uploadSlots peers unchoked at once per torrent
 * @param hashThreads threads that hash and store pieces
 * @param eventLoopThreads threads that read and write sockets
 * @param peerLimits what one address may have, and who makes room
 */
public record EngineSettings(
    int listenPort,
    Optional<InetAddress> listenAddress,
    Optional<InetAddress> announcedAddress,
    AddressPolicy addressPolicy,
    int maxConnections,
    int maxConnectionsPerTorrent,
    int connectionsPerSecond,
    Duration connectTimeout,
    Duration handshakeTimeout,
    Duration idleTimeout,
    long pieceBufferBytes,
    int uploadSlots,
    int hashThreads,
    int eventLoopThreads,
    PeerLimits peerLimits) {

  /** What holds when nothing is set. */
  public static EngineSettings defaults() {
    return new EngineSettings(
        0,
        Optional.empty(),
        Optional.empty(),
        AddressPolicy.everything(),
        200,
        60,
        100,
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofSeconds(120),
        64L << 20,
        8,
        2,
        2,
        PeerLimits.defaults());
  }

  /** The same, listening on one address. */
  public EngineSettings withListenAddress(InetAddress address) {
    return new EngineSettings(
        listenPort,
        Optional.of(address),
        announcedAddress,
        addressPolicy,
        maxConnections,
        maxConnectionsPerTorrent,
        connectionsPerSecond,
        connectTimeout,
        handshakeTimeout,
        idleTimeout,
        pieceBufferBytes,
        uploadSlots,
        hashThreads,
        eventLoopThreads,
        peerLimits);
  }

  /** The same with other limits for strangers. */
  public EngineSettings withPeerLimits(PeerLimits limits) {
    return new EngineSettings(
        listenPort,
        listenAddress,
        announcedAddress,
        addressPolicy,
        maxConnections,
        maxConnectionsPerTorrent,
        connectionsPerSecond,
        connectTimeout,
        handshakeTimeout,
        idleTimeout,
        pieceBufferBytes,
        uploadSlots,
        hashThreads,
        eventLoopThreads,
        limits);
  }

  /** The same with another address policy. */
  public EngineSettings withAddressPolicy(AddressPolicy policy) {
    return new EngineSettings(
        listenPort,
        listenAddress,
        announcedAddress,
        policy,
        maxConnections,
        maxConnectionsPerTorrent,
        connectionsPerSecond,
        connectTimeout,
        handshakeTimeout,
        idleTimeout,
        pieceBufferBytes,
        uploadSlots,
        hashThreads,
        eventLoopThreads,
        peerLimits);
  }
}
