package dev.piecework.worker.scratch;

import dev.piecework.engine.PieceStorage;
import dev.piecework.layout.Segments;
import dev.piecework.metainfo.Metainfo;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.function.LongConsumer;

/**
 * Verified pieces of one job on their way into the store. The torrent's linear space is cut into
 * {@link Segments}, each a whole number of pieces and a file of its own, so that space comes back
 * as the upload proceeds and does not depend on how many files the torrent has. A file is sparse
 * until its pieces arrive, in whatever order.
 *
 * <p>Nothing here remembers which pieces are valid: the owner does, and hashes them again after a
 * restart.
 */
public final class JobScratch implements PieceStorage, Closeable {
  /**
   * Bytes of one write. More makes the kernel take larger pages for its cache, which a virtual
   * machine may have given back to its host: 1 MiB at a time took 1.8 to 2.1 s of system time per
   * GiB there, 16 KiB 0.4 to 0.8 s (Linux 6.18, ext4, free page reporting on).
   */
  private static final int WRITE_BYTES = 16 << 10;

  private final Path folder;
  private final FileChannel lock;
  private final Metainfo metainfo;
  private final SegmentFiles files;
  private final Segments segments;
  private final FullDisk fullDisk;
  private final ScratchBudget.Account account;
  private final LongConsumer leaving;
  private volatile boolean ending;

  /**
   * @param leaving told at the end how many bytes stay
   */
  JobScratch(
      Path folder,
      FileChannel lock,
      Segments segments,
      ScratchBudget budget,
      FullDisk fullDisk,
      LongConsumer leaving)
      throws IOException {
    this.leaving = leaving;
    this.folder = folder;
    this.lock = lock;
    this.metainfo = segments.metainfo();
    this.segments = segments;
    this.fullDisk = fullDisk;
    this.files = new SegmentFiles(folder, segments);
    files.tidy();
    this.account = budget.open(segments, files::spareBytes);
    for (int segment = 0; segment < segments.count(); segment++) {
      if (present(segment)) {
        account.reserve(segments.firstPiece(segment), segments.lastPiece(segment), true);
      }
    }
  }

  /** How the torrent is cut into files. */
  public Segments segments() {
    return segments;
  }

  @Override
  public boolean makeRoom(int firstPiece, int lastPiece, boolean must) {
    return account.reserve(firstPiece, lastPiece, must);
  }

  /** Whom to ask for what is kept for peers, and to tell of room. */
  public void holder(ScratchBudget.Holder holder) {
    account.holder(holder);
  }

  /** Bytes of the worker's budget that nobody uses, beyond one more bundle; may be negative. */
  public long room() {
    return account.room();
  }

  /**
   * Writes a piece; while the disk is full, waits for room as long as the settings allow, or until
   * {@link #endWaits}.
   */
  @Override
  public void write(int piece, ByteBuffer verified) throws ScratchException {
    int segment = segments.of(piece);
    fullDisk.write(
        files.path(segment), () -> writeOnce(segment, piece, verified.duplicate()), () -> ending);
    verified.position(verified.limit());
  }

  private void writeOnce(int segment, int piece, ByteBuffer verified) throws IOException {
    files.with(
        segment,
        true,
        channel -> {
          long position = segments.offsetInSegment(piece);
          int end = verified.limit();
          while (verified.position() < end) {
            verified.limit(Math.min(end, verified.position() + WRITE_BYTES));
            position += channel.write(verified, position);
          }
          return position;
        });
  }

  /** Nobody waits for room on a full disk any more. */
  public void endWaits() {
    ending = true;
  }

  @Override
  public boolean read(int piece, int offset, ByteBuffer into) throws IOException {
    int segment = segments.of(piece);
    try {
      return files
          .with(
              segment,
              false,
              channel -> readFully(channel, segments.offsetInSegment(piece) + offset, into))
          .orElse(false);
    } catch (IOException e) {
      throw ScratchException.of("read", files.path(segment), e);
    }
  }

  /**
   * Bytes of the linear space. The stream holds no file between reads and need not be closed.
   *
   * @param offset first byte
   * @param length bytes; all must be in pieces that were written
   */
  public InputStream open(long offset, long length) {
    return new RangeStream(offset, length);
  }

  /** Pieces for which there is room in the files as they are: candidates, to be hashed. */
  public BitSet candidates() throws ScratchException {
    BitSet pieces = new BitSet(metainfo.pieceCount());
    for (int segment = 0; segment < segments.count(); segment++) {
      Path path = files.path(segment);
      try {
        if (Files.exists(path)) {
          long length = Files.size(path);
          for (int piece = segments.firstPiece(segment);
              piece <= segments.lastPiece(segment);
              piece++) {
            pieces.set(
                piece, segments.offsetInSegment(piece) + metainfo.pieceLength(piece) <= length);
          }
        }
      } catch (IOException e) {
        throw ScratchException.of("examine", path, e);
      }
    }
    return pieces;
  }

  /** Whether a segment has a file. */
  public boolean present(int segment) {
    return Files.exists(files.path(segment));
  }

  /** Gives a segment's space back; {@link #read} then says that its pieces are gone. */
  public void delete(int segment) throws ScratchException {
    try {
      files.delete(segment, account.room() > segments.longestBundle());
      account.released(segment);
    } catch (IOException e) {
      throw ScratchException.of("delete", files.path(segment), e);
    }
  }

  /** Gives the space back that waits for the next segment. */
  public void dropSpare() throws ScratchException {
    try {
      files.dropSpare();
    } catch (IOException e) {
      throw ScratchException.of("delete", folder, e);
    }
  }

  /** Closes the files and lets another process have the job; what is stored stays. */
  @Override
  public void close() throws ScratchException {
    long left = account.close();
    try (lock) {
      files.close();
    } catch (IOException e) {
      throw ScratchException.of("close", folder, e);
    } finally {
      leaving.accept(left);
    }
  }

  private static boolean readFully(FileChannel channel, long position, ByteBuffer into)
      throws IOException {
    while (into.hasRemaining()) {
      int read = channel.read(into, position);
      if (read < 0) {
        return false;
      }
      position += read;
    }
    return true;
  }

  private final class RangeStream extends InputStream {
    private final long end;
    private long position;

    RangeStream(long offset, long length) {
      this.position = offset;
      this.end = offset + length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (position >= end) {
        return -1;
      }
      int segment = segments.of((int) (position / metainfo.pieceLength()));
      long segmentStart = metainfo.pieceOffset(segments.firstPiece(segment));
      long segmentEnd = segmentStart + segments.length(segment);
      int wanted = (int) Math.min(Math.min(length, end - position), segmentEnd - position);
      if (wanted == 0) {
        return 0;
      }
      ByteBuffer buffer = ByteBuffer.wrap(into, offset, wanted);
      long inSegment = position - segmentStart;
      boolean there;
      try {
        there =
            files
                .with(segment, false, channel -> readFully(channel, inSegment, buffer))
                .orElse(false);
      } catch (IOException e) {
        throw ScratchException.of("read", files.path(segment), e);
      }
      if (!there) {
        throw new ScratchException(
            "scratch file %s ends before byte %d that was written to it: something else changed it; the job will fetch those pieces again"
                .formatted(files.path(segment), inSegment + wanted));
      }
      position += wanted;
      return wanted;
    }
  }
}
