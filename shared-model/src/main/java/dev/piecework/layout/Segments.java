package dev.piecework.layout;

import dev.piecework.metainfo.Metainfo;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;

/**
 * The units of scratch space: the longest runs of pieces of the linear space that the same bundles
 * need. So a segment is done with as soon as its bundles are, whatever becomes of their neighbours;
 * a piece lies in one segment; and a piece that two bundles share is a segment of its own.
 */
public final class Segments {
  private final Metainfo metainfo;
  private final int[] starts;
  private final long longestBundle;

  /**
   * Cuts a torrent into segments.
   *
   * @param bundles all bundles of its layout
   */
  public Segments(Metainfo metainfo, List<Bundle> bundles) {
    this.metainfo = metainfo;
    BitSet cuts = new BitSet(metainfo.pieceCount());
    cuts.set(0);
    long longest = 0;
    for (Bundle bundle : bundles) {
      if (bundle.lastPiece() >= bundle.firstPiece()) {
        cuts.set(bundle.firstPiece());
        cuts.set(bundle.lastPiece() + 1);
        longest = Math.max(longest, length(bundle.firstPiece(), bundle.lastPiece()));
      }
    }
    cuts.clear(metainfo.pieceCount());
    this.starts = cuts.stream().toArray();
    this.longestBundle = longest;
  }

  /** The torrent. */
  public Metainfo metainfo() {
    return metainfo;
  }

  /** Number of segments. */
  public int count() {
    return starts.length;
  }

  /**
   * The segment in which a piece lies.
   *
   * @param piece from 0 to the torrent's number of pieces - 1
   */
  public int of(int piece) {
    int at = Arrays.binarySearch(starts, Objects.checkIndex(piece, metainfo.pieceCount()));
    return at >= 0 ? at : -at - 2;
  }

  /** First byte of a piece inside its segment. */
  public long offsetInSegment(int piece) {
    return (long) (piece - starts[of(piece)]) * metainfo.pieceLength();
  }

  /**
   * The first piece of a segment.
   *
   * @param segment from 0 to {@link #count()} - 1
   */
  public int firstPiece(int segment) {
    return starts[Objects.checkIndex(segment, starts.length)];
  }

  /** The last piece of a segment, inclusive. */
  public int lastPiece(int segment) {
    return (segment + 1 < starts.length ? firstPiece(segment + 1) : metainfo.pieceCount()) - 1;
  }

  /** Bytes of a segment. */
  public long length(int segment) {
    return length(firstPiece(segment), lastPiece(segment));
  }

  /** Bytes of all pieces of the bundle that has most. */
  public long longestBundle() {
    return longestBundle;
  }

  private long length(int firstPiece, int lastPiece) {
    return metainfo.pieceOffset(lastPiece)
        + metainfo.pieceLength(lastPiece)
        - metainfo.pieceOffset(firstPiece);
  }
}
