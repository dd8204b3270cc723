package dev.piecework.engine;

/** Told what happens to a torrent, on engine threads: must return at once. */
public interface TorrentListener {
  /** A piece has been verified and {@link PieceStorage#write} has returned. Once per piece. */
  void pieceVerified(int piece);

  /** The torrent cannot go on (storage failed). It stops by itself; no piece follows. */
  void failed(Exception cause);
}
