package dev.piecework.engine;

import dev.piecework.tracker.Trackers;
import java.util.List;

/**
 * A torrent at one moment.
 *
 * @param receivedBytes block bytes received from peers since it was added, useful or not
 * @param wastedBytes of those, what was thrown away: duplicates and pieces that failed their hash
 * @param sentBytes block bytes sent to peers
 * @param verifiedPieces pieces verified since it was added
 * @param failedPieces pieces that failed their hash since it was added
 * @param downloadBytesPerSecond smoothed over some seconds
 * @param uploadBytesPerSecond smoothed over some seconds
 * @param peers connected, handshake done
 * @param seeders of those, who have every piece
 * @param connecting connections being opened
 * @param knownPeers addresses known
 * @param trackers how each tracker last answered
 */
public record TorrentStats(
    long receivedBytes,
    long wastedBytes,
    long sentBytes,
    int verifiedPieces,
    int failedPieces,
    long downloadBytesPerSecond,
    long uploadBytesPerSecond,
    int peers,
    int seeders,
    int connecting,
    int knownPeers,
    List<TrackerState> trackers) {

  /**
   * One tracker as last heard of.
   *
   * @param url its announce URL
   * @param outcome {@code "ok"}, {@code "waiting"}, or what went wrong
   * @param peers addresses in the last answer
   */
  public record TrackerState(String url, String outcome, int peers) {
    /** Its host and port, for people: the rest of the URL may hold a passkey, which is a secret. */
    public String place() {
      return Trackers.place(url);
    }
  }
}
