package dev.piecework.engine;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where verified pieces go and come from. The engine calls it from its own pool's threads. */
public interface PieceStorage {
  /**
   * Takes a piece whose SHA-1 has been checked. Returns when a later {@link #read} would find it.
   *
   * @param piece its index
   * @param verified the whole piece, from position to limit; not to be kept
   * @throws IOException when it cannot be stored: the torrent then stops with {@link
   *     TorrentListener#failed}
   */
  void write(int piece, ByteBuffer verified) throws IOException;

  /**
   * Reads part of a piece to serve it to a peer.
   *
   * @param piece a piece that was written, or declared available when the torrent was added
   * @param offset first byte inside the piece
   * @param into filled from position to limit
   * @return false if the piece is no longer kept here
   * @throws IOException when reading fails; the request is then refused
   */
  boolean read(int piece, int offset, ByteBuffer into) throws IOException;

  /**
   * Whether a piece that is declared available has to be fetched from elsewhere before it can be
   * served. Asked on the torrent's thread; must return at once. Such a piece is read with {@link
   * #fetch}, and not served to peers that are choked.
   */
  default boolean remote(int piece) {
    return false;
  }

  /**
   * Reads part of a {@link #remote} piece to serve it to a peer; on a virtual thread, at most one
   * for each connection, which it may block. The end of the torrent waits for it.
   *
   * @param piece the piece
   * @param offset first byte inside the piece
   * @param into filled from position to limit, with bytes of a piece whose hash has been checked
   * @return false if it cannot be had now; the request is then rejected
   */
  default boolean fetch(int piece, int offset, ByteBuffer into) throws IOException {
    return false;
  }

  /**
   * Asked, on the torrent's thread, before pieces are downloaded that were not asked about before.
   * Must return at once. While the answer is no, no further bundle is opened; it is asked again
   * every half second, and after {@link Torrent#roomMade}.
   *
   * @param firstPiece of a bundle
   * @param lastPiece of the bundle, inclusive
   * @param must whether they are downloaded whatever the answer is: nothing else is being
   *     downloaded, or they were begun before
   * @return whether there is room for them, which is theirs from now on
   */
  default boolean makeRoom(int firstPiece, int lastPiece, boolean must) {
    return true;
  }
}
