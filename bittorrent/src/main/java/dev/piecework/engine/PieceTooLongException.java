package dev.piecework.engine;

/**
 * A torrent is refused because one of its pieces is longer than the memory for pieces: it could
 * never be checked.
 */
public final class PieceTooLongException extends IllegalArgumentException {
  private final long pieceBytes;
  private final long limitBytes;

  /**
   * @param pieceBytes length of the longest piece
   * @param limitBytes {@link EngineSettings#pieceBufferBytes}
   */
  public PieceTooLongException(long pieceBytes, long limitBytes) {
    super(
        "a piece of %d bytes does not fit into the memory for pieces of %d bytes"
            .formatted(pieceBytes, limitBytes));
    this.pieceBytes = pieceBytes;
    this.limitBytes = limitBytes;
  }

  /** Length of the torrent's longest piece. */
  public long pieceBytes() {
    return pieceBytes;
  }

  /** What a piece may have. */
  public long limitBytes() {
    return limitBytes;
  }
}
