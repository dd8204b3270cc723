package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.net.AddressPolicy;
import dev.piecework.swarm.PieceBuffers;
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
 *     limit sockets are not read; a torrent with longer pieces is refused
 * @param uploadSlots peers unchoked at once per torrent
 * @param hashThreads threads that hash and store pieces
 * @param eventLoopThreads threads that read and write sockets
 * @param messagesPerSecond messages a second of one peer that bring nothing new; above that its
 *     socket is not read for a while, far above that it is closed
 * @param unreadTimeout without a peer taking anything of what is sent to it
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
    int messagesPerSecond,
    Duration unreadTimeout,
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
        500,
        Duration.ofSeconds(60),
        PeerLimits.defaults());
  }

  /**
   * Whether a torrent's pieces fit into the memory for pieces. One whose pieces do not is refused:
   * a piece is hashed as a whole before anything of it is kept.
   */
  public boolean holdsPiecesOf(Metainfo metainfo) {
    return metainfo.pieceCount() == 0
        || PieceBuffers.holds(pieceBufferBytes, metainfo.pieceLength(0));
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
        messagesPerSecond,
        unreadTimeout,
        peerLimits);
  }
}
