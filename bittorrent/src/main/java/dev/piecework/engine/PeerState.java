package dev.piecework.engine;

/** How far we have come with a peer. */
public enum PeerState {
  /** Its address is known; there is no connection, nor one being opened. */
  KNOWN,
  /** A connection is being opened. */
  CONNECTING,
  /** Connected; it misses pieces. */
  LEECHER,
  /** Connected; it has every piece. */
  SEEDER
}
