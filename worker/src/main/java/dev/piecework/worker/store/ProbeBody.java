package dev.piecework.worker.store;

import java.io.InputStream;
import java.util.Arrays;

/** Bytes of one value, as many as are wanted, without memory of their size. */
record ProbeBody(long length) implements ObjectBody {
  static final byte VALUE = 'p';

  @Override
  public InputStream open() {
    return new InputStream() {
      private long left = length;

      @Override
      public int read() {
        return left-- > 0 ? VALUE : -1;
      }

      @Override
      public int read(byte[] into, int offset, int count) {
        if (left <= 0 && count > 0) {
          return -1;
        }
        int read = (int) Math.min(count, left);
        Arrays.fill(into, offset, offset + read, VALUE);
        left -= read;
        return read;
      }
    };
  }
}
