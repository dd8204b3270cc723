package dev.piecework.swarm;

import io.netty.buffer.ByteBuf;

/**
 * Which pieces somebody has. Whoever has them all costs no memory: in most swarms that is most
 * peers. Used by the torrent's owner thread alone.
 */
public final class PieceSet {
  private static final long[] NONE = {};

  private final int size;
  private long[] words = NONE;
  private int count;

  /**
   * @param size pieces of the torrent
   */
  public PieceSet(int size) {
    this.size = size;
  }

  /** Pieces of the torrent. */
  public int size() {
    return size;
  }

  /** Pieces in the set. */
  public int count() {
    return count;
  }

  /** Whether every piece is in the set. */
  public boolean full() {
    return count == size;
  }

  /** Whether the set is kept as "everything", without a bitmap. */
  boolean implicit() {
    return count == size && words.length == 0;
  }

  /** Whether a piece is in the set. */
  public boolean has(int piece) {
    return words.length == 0
        ? count == size && piece >= 0 && piece < size
        : (words[piece >>> 6] & 1L << piece) != 0;
  }

  /**
   * Adds a piece.
   *
   * @return whether it was missing
   */
  public boolean add(int piece) {
    if (has(piece)) {
      return false;
    }
    if (words.length == 0) {
      words = new long[(size + 63) >>> 6];
    }
    words[piece >>> 6] |= 1L << piece;
    count++;
    return true;
  }

  /**
   * Takes a piece out.
   *
   * @return whether it was there
   */
  public boolean remove(int piece) {
    if (!has(piece)) {
      return false;
    }
    if (words.length == 0) {
      words = new long[(size + 63) >>> 6];
      for (int i = 0; i < size; i++) {
        words[i >>> 6] |= 1L << i;
      }
    }
    words[piece >>> 6] &= ~(1L << piece);
    count--;
    return true;
  }

  /** Becomes everything. */
  public void fill() {
    words = NONE;
    count = size;
  }

  /** Becomes nothing. */
  public void clear() {
    words = NONE;
    count = 0;
  }

  /**
   * Becomes what a bitfield message says (BEP 3).
   *
   * @param bits consumed as a whole
   * @return false if it has the wrong length; the set is empty then
   */
  public boolean read(ByteBuf bits) {
    clear();
    if (bits.readableBytes() != (size + 7) / 8) {
      return false;
    }
    long[] read = new long[(size + 63) >>> 6];
    int total = 0;
    for (int piece = 0; piece < size; piece += 8) {
      int reversed = Integer.reverse(bits.readByte()) >>> 24;
      if (size - piece < 8) {
        // Bits beyond the last piece should be clear; clients exist that set them.
        reversed &= (1 << (size - piece)) - 1;
      }
      total += Integer.bitCount(reversed);
      read[piece >>> 6] |= (long) reversed << piece;
    }
    count = total;
    words = total == size || total == 0 ? NONE : read;
    return true;
  }

  /** The set as a bitfield message carries it (BEP 3). */
  public byte[] toBitfield() {
    byte[] bits = new byte[(size + 7) / 8];
    for (int piece = next(0); piece >= 0; piece = next(piece + 1)) {
      bits[piece >>> 3] |= (byte) (0x80 >>> (piece & 7));
    }
    return bits;
  }

  /** The first piece of the set from here on, or -1. */
  public int next(int from) {
    if (words.length == 0) {
      return count == size && from < size ? from : -1;
    }
    int word = from >>> 6;
    if (word >= words.length) {
      return -1;
    }
    long bits = words[word] & -1L << from;
    while (bits == 0) {
      if (++word == words.length) {
        return -1;
      }
      bits = words[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(bits);
  }

  /** Whether both have a piece in common. */
  public boolean intersects(PieceSet other) {
    if (count == 0 || other.count == 0) {
      return false;
    }
    if (words.length == 0 || other.words.length == 0) {
      return true;
    }
    for (int i = 0; i < words.length; i++) {
      if ((words[i] & other.words[i]) != 0) {
        return true;
      }
    }
    return false;
  }
}
