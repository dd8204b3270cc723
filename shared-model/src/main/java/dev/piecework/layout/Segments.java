package dev.piecework.layout;

import dev.piecework.metainfo.Metainfo;
import java.util.Objects;

/**
 * The units of scratch space: runs of whole pieces of the linear space, 64 MiB at most unless a
 * single piece is longer. So a piece lies in one segment, and the number of files on the disk does
 * not depend on the number of files in the torrent.
 */
public final class Segments {
  /** Most bytes of a segment of several pieces: 64 MiB. */
  public static final long MAX_LENGTH = 64L << 20;

  private final Metainfo metainfo;
  private final int piecesPerSegment;

  /** Cuts a torrent into segments. */
  public Segments(Metainfo metainfo) {
    this.metainfo = metainfo;
    this.piecesPerSegment = (int) Math.max(1, MAX_LENGTH / metainfo.pieceLength());
  }

  /** Number of segments. */
  public int count() {
    return Math.ceilDiv(metainfo.pieceCount(), piecesPerSegment);
  }

  /**
   * The segment in which a piece lies.
   *
   * @param piece from 0 to the torrent's number of pieces - 1
   */
  public int of(int piece) {
    return Objects.checkIndex(piece, metainfo.pieceCount()) / piecesPerSegment;
  }

  /** First byte of a piece inside its segment. */
  public long offsetInSegment(int piece) {
    return (long) (Objects.checkIndex(piece, metainfo.pieceCount()) % piecesPerSegment)
        * metainfo.pieceLength();
  }

  /**
   * The first piece of a segment.
   *
   * @param segment from 0 to {@link #count()} - 1
   */
  public int firstPiece(int segment) {
    return Objects.checkIndex(segment, count()) * piecesPerSegment;
  }

  /** The last piece of a segment, inclusive. */
  public int lastPiece(int segment) {
    return Math.min(firstPiece(segment) + piecesPerSegment, metainfo.pieceCount()) - 1;
  }

  /** Bytes of a segment; the last one may be shorter. */
  public long length(int segment) {
    int last = lastPiece(segment);
    return offsetInSegment(last) + metainfo.pieceLength(last);
  }
}
