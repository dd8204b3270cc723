package dev.piecework.engine;

import dev.piecework.swarm.Reputation;
import dev.piecework.tracker.AnnounceCounts;
import java.util.Map;

/**
 * An engine at one moment, its torrents taken together; at most half a second old. Sums go on from
 * the engine's start, over torrents that have ended too.
 *
 * @param receivedBytes block bytes received from peers, useful or not
 * @param wastedBytes of those, what was thrown away: duplicates and pieces that failed their hash
 * @param sentBytes block bytes sent to peers
 * @param verifiedPieces pieces whose hash was right
 * @param failedPieces pieces that failed their hash
 * @param misbehavedPeers connections closed because the peer broke the protocol
 * @param closedConnections connections that ended after their handshake, by why; has every reason
 * @param bans of addresses, by why
 * @param torrents at work now
 * @param peers by origin and state, now
 * @param openConnections to peers, of all states, now
 * @param maxConnections their limit
 * @param handshakes incoming connections whose handshake has not come yet, now; not among {@code
 *     openConnections}
 * @param maxHandshakes their limit
 * @param pieceBufferBytes memory of pieces being assembled or hashed, now
 * @param maxPieceBufferBytes its limit
 * @param waitingTasks pieces to be hashed and blocks to be read that wait for a thread, now
 * @param announces what came of announces to trackers
 */
public record EngineStats(
    long receivedBytes,
    long wastedBytes,
    long sentBytes,
    long verifiedPieces,
    long failedPieces,
    long misbehavedPeers,
    Map<CloseReason, Long> closedConnections,
    Reputation.Bans bans,
    int torrents,
    PeerCounts peers,
    int openConnections,
    int maxConnections,
    int handshakes,
    int maxHandshakes,
    long pieceBufferBytes,
    long maxPieceBufferBytes,
    int waitingTasks,
    AnnounceCounts announces) {

  /** Copies the map. */
  public EngineStats {
    closedConnections = Map.copyOf(closedConnections);
  }
}
