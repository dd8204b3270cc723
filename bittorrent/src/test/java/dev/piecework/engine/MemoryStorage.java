package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/** Keeps a torrent's linear space in an array, and notes which pieces were written. */
final class MemoryStorage implements PieceStorage {
  private final Metainfo metainfo;
  private final byte[] bytes;
  private final BitSet written = new BitSet();

  private MemoryStorage(Metainfo metainfo, byte[] bytes) {
    this.metainfo = metainfo;
    this.bytes = bytes;
  }

  static MemoryStorage empty(Metainfo metainfo) {
    return new MemoryStorage(metainfo, new byte[Math.toIntExact(metainfo.totalLength())]);
  }

  static MemoryStorage full(Metainfo metainfo, byte[] bytes) {
    MemoryStorage storage = new MemoryStorage(metainfo, bytes);
    storage.written.set(0, metainfo.pieceCount());
    return storage;
  }

  /** Has the first pieces. */
  static MemoryStorage holding(Metainfo metainfo, byte[] bytes, int pieces) {
    MemoryStorage storage = empty(metainfo);
    System.arraycopy(
        bytes, 0, storage.bytes, 0, Math.toIntExact(pieces * (long) metainfo.pieceLength(0)));
    storage.written.set(0, pieces);
    return storage;
  }

  @Override
  public synchronized void write(int piece, ByteBuffer verified) throws IOException {
    if (verified.remaining() != metainfo.pieceLength(piece)) {
      throw new IOException("piece " + piece + " has " + verified.remaining() + " bytes");
    }
    verified.get(bytes, (int) metainfo.pieceOffset(piece), verified.remaining());
    written.set(piece);
  }

  @Override
  public synchronized boolean read(int piece, int offset, ByteBuffer into) {
    if (!written.get(piece)) {
      return false;
    }
    into.put(bytes, (int) metainfo.pieceOffset(piece) + offset, into.remaining());
    return true;
  }

  synchronized byte[] bytes() {
    return Arrays.copyOf(bytes, bytes.length);
  }

  synchronized int writtenPieces() {
    return written.cardinality();
  }
}
