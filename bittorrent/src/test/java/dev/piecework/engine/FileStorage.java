package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a torrent's linear space in one file. */
final class FileStorage implements PieceStorage, AutoCloseable {
  private final Metainfo metainfo;
  private final FileChannel file;

  FileStorage(Metainfo metainfo, Path file) throws IOException {
    this.metainfo = metainfo;
    this.file =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public void write(int piece, ByteBuffer verified) throws IOException {
    long at = metainfo.pieceOffset(piece);
    while (verified.hasRemaining()) {
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
