package dev.piecework.message;

import java.io.OutputStream;
import java.util.Arrays;

/** Keeps what is written up to a limit, and counts the rest. */
final class BoundedBytes extends OutputStream {
  private static final int FIRST_CAPACITY = 8192;

  private final int most;
  private byte[] kept = new byte[FIRST_CAPACITY];
  private long count;

  /**
   * @param most bytes that are kept
   */
  BoundedBytes(int most) {
    this.most = most;
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    count += length;
    if (within()) {
      if (count > kept.length) {
        kept = Arrays.copyOf(kept, (int) Math.min(most, Math.max(count, kept.length * 2L)));
      }
      System.arraycopy(from, offset, kept, (int) count - length, length);
    }
  }

  /** Bytes that were written. */
  long count() {
    return count;
  }

  /** Whether they are no more than the limit. */
  boolean within() {
    return count <= most;
  }

  /** What was written, if it is within the limit. */
  byte[] toBytes() {
    return kept.length == count ? kept : Arrays.copyOf(kept, (int) count);
  }
}
