package dev.piecework.worker.transfer;

import dev.piecework.engine.PieceStorage;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Part;
import dev.piecework.layout.PartIndex;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.worker.checksum.Crc32cCombiner;
import dev.piecework.worker.scratch.JobScratch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/**
 * Scratch that remembers what was verified. A piece is summed in memory, just after its hash was
 * checked and before it is written; a part's checksum, joined from those of its pieces, is what its
 * bytes must have when they come back from the disk and when the store has them. So a byte that
 * changes in between is never stored unnoticed, at the cost of a CRC32C over hot data.
 *
 * <p>Holds a few bytes for each piece that is in scratch and not yet uploaded, not for the torrent.
 */
final class PartSums implements PieceStorage {
  private static final int STEP_BYTES = 256 << 10;

  private final ObjectLayout layout;
  private final PartIndex parts;
  private final JobScratch scratch;
  private final Map<Integer, PieceSums> pieces = new ConcurrentHashMap<>();

  PartSums(ObjectLayout layout, JobScratch scratch) {
    this.layout = layout;
    this.parts = new PartIndex(layout);
    this.scratch = scratch;
  }

  /** CRC32C of what a piece has of each part over it, and how many of those are not uploaded. */
  private static final class PieceSums {
    private final int firstPart;
    private final int[] sums;
    private final AtomicInteger left;

    /**
     * @param firstPart ordinal of the first part over the piece; the others follow
     */
    PieceSums(int firstPart, int[] sums, int left) {
      this.firstPart = firstPart;
      this.sums = sums;
      this.left = new AtomicInteger(left);
    }

    int of(int part) {
      return sums[part - firstPart];
    }

    /** Returns whether it was the last. */
    boolean oneLess() {
      return left.decrementAndGet() == 0;
    }
  }

  @Override
  public void write(int piece, ByteBuffer verified) throws IOException {
    Summing summing = new Summing(piece);
    summing.add(verified.duplicate());
    scratch.write(piece, verified);
    summing.done();
  }

  @Override
  public boolean read(int piece, int offset, ByteBuffer into) throws IOException {
    return scratch.read(piece, offset, into);
  }

  @Override
  public boolean makeRoom(int firstPiece, int lastPiece, boolean must) {
    return scratch.makeRoom(firstPiece, lastPiece, must);
  }

  /**
   * CRC32C that a part must have. Pieces that an earlier run left in scratch are hashed once more.
   *
   * @throws IOException when scratch cannot be read, or such a piece is not intact any more
   */
  int crc32c(Part part) throws IOException {
    Crc32cCombiner sum = new Crc32cCombiner();
    if (part.length() > 0) {
      int ordinal = parts.ordinal(part);
      int last = layout.lastPiece(part);
      for (int piece = layout.firstPiece(part); piece <= last; piece++) {
        PieceSums known = pieces.get(piece);
        if (known == null) {
          known = readAgain(piece);
        }
        sum.append(known.of(ordinal), overlap(part, piece));
      }
    }
    return sum.crc32c();
  }

  /** A part is in the store: its sum is not asked for again. */
  void uploaded(Part part) {
    if (part.length() > 0) {
      for (int piece = layout.firstPiece(part); piece <= layout.lastPiece(part); piece++) {
        PieceSums known = pieces.get(piece);
        if (known != null && known.oneLess()) {
          pieces.remove(piece, known);
        }
      }
    }
  }

  private PieceSums readAgain(int piece) throws IOException {
    Metainfo metainfo = layout.metainfo();
    int length = metainfo.pieceLength(piece);
    MessageDigest sha1 = sha1();
    Summing summing = new Summing(piece);
    ByteBuffer step = ByteBuffer.allocate(Math.min(STEP_BYTES, length));
    for (int offset = 0; offset < length; offset += step.limit()) {
      step.clear().limit(Math.min(step.capacity(), length - offset));
      if (!scratch.read(piece, offset, step)) {
        throw new IOException("piece %d is no longer in scratch".formatted(piece));
      }
      step.flip();
      sha1.update(step.duplicate());
      summing.add(step.duplicate());
    }
    if (!metainfo.matches(piece, sha1.digest())) {
      throw new IOException(
          "piece %d in scratch is not what was verified: something changed it; the next attempt fetches it again"
              .formatted(piece));
    }
    return summing.done();
  }

  private long overlap(Part part, int piece) {
    long start = layout.metainfo().pieceOffset(piece);
    long end = start + layout.metainfo().pieceLength(piece);
    return Math.min(end, part.offset() + part.length()) - Math.max(start, part.offset());
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  /** Sums a piece part by part while its bytes come in their order. */
  private final class Summing {
    private final int piece;
    private final List<Part> over;
    private final int firstPart;
    private final int[] sums;
    private final CRC32C crc = new CRC32C();
    private long position;
    private int next;

    Summing(int piece) {
      this.piece = piece;
      this.over = parts.partsOver(piece);
      this.firstPart = over.isEmpty() ? 0 : parts.ordinal(over.getFirst());
      this.sums = new int[over.isEmpty() ? 0 : parts.ordinal(over.getLast()) - firstPart + 1];
      this.position = layout.metainfo().pieceOffset(piece);
    }

    void add(ByteBuffer bytes) {
      int limit = bytes.limit();
      while (bytes.hasRemaining() && next < over.size()) {
        Part part = over.get(next);
        long skipped = Math.min(bytes.remaining(), Math.max(0, part.offset() - position));
        bytes.position(bytes.position() + (int) skipped);
        position += skipped;
        long inPart = Math.min(bytes.remaining(), part.offset() + part.length() - position);
        bytes.limit(bytes.position() + (int) inPart);
        crc.update(bytes);
        bytes.limit(limit);
        position += inPart;
        sums[parts.ordinal(part) - firstPart] = (int) crc.getValue();
        if (position == part.offset() + part.length()) {
          crc.reset();
          next++;
        }
      }
    }

    PieceSums done() {
      PieceSums done = new PieceSums(firstPart, sums, over.size());
      pieces.put(piece, done);
      return done;
    }
  }
}
