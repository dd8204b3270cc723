package dev.piecework.bench;

import dev.piecework.engine.PieceStorage;
import dev.piecework.metainfo.Metainfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a torrent's linear space in one file, as other clients keep a torrent of one file. */
final class LinearFile implements PieceStorage, AutoCloseable {
  /**
   * Bytes of one write. More makes the kernel take larger pages for its cache, which a virtual
   * machine may have given back to its host: 1 MiB at a time took 1.8 to 2.1 s of system time per
   * GiB there, 16 KiB 0.4 to 0.8 s (Linux 6.18, ext4, free page reporting on).
   */
  private static final int PORTION = 16 << 10;

  private final Metainfo metainfo;
  private final FileChannel file;

  LinearFile(Metainfo metainfo, Path file) throws IOException {
    this.metainfo = metainfo;
    this.file =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public void write(int piece, ByteBuffer verified) throws IOException {
    long at = metainfo.pieceOffset(piece);
    int end = verified.limit();
    while (verified.position() < end) {
      verified.limit(Math.min(end, verified.position() + PORTION));
      at += file.write(verified, at);
    }
  }

  @Override
  public boolean read(int piece, int offset, ByteBuffer into) throws IOException {
    long at = metainfo.pieceOffset(piece) + offset;
    while (into.hasRemaining()) {
      int count = file.read(into, at);
      if (count < 0) {
        return false;
      }
      at += count;
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
