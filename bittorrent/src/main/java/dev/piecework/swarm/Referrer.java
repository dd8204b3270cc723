package dev.piecework.swarm;

/**
 * Who named an address. The address book is shared fairly between referrers, so that one that names
 * thousands of dead addresses hides nobody else's.
 *
 * @param origin what kind it is
 * @param name which one of its kind: of a tracker its host and port, never its URL, which may hold
 *     a passkey; empty where there is one only
 */
public record Referrer(PeerOrigin origin, String name) {
  /** Whoever added the torrent. */
  public static final Referrer GIVEN = new Referrer(PeerOrigin.GIVEN, "");

  /** A tracker. */
  public static Referrer tracker(String place) {
    return new Referrer(PeerOrigin.TRACKER, place);
  }
}
