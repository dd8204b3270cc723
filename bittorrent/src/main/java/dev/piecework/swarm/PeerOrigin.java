package dev.piecework.swarm;

/** How we have come to know of a peer. */
public enum PeerOrigin {
  /** A tracker named it. */
  TRACKER,
  /** Whoever added the torrent named it. */
  GIVEN,
  /** It called us. */
  INCOMING
}
