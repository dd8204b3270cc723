package dev.piecework.worker.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalInt;

/**
 * Bytes to send. Read once to be hashed and once more for each time it is sent, in small steps, so
 * that a part of any size needs no memory of its size.
 */
public interface ObjectBody {
  /** Bytes, 0 or more; does not change. */
  long length();

  /**
   * A new stream over all of it, the same bytes each time. Must hold nothing that only closing it
   * would release: the HTTP client does not close it.
   */
  InputStream open() throws IOException;

  /**
   * CRC32C that the bytes must have, where it is known from elsewhere: nothing else is sent.
   *
   * @throws IOException when it cannot be had
   */
  default OptionalInt expectedCrc32c() throws IOException {
    return OptionalInt.empty();
  }

  /** Bytes in memory; the array is not copied and must not be changed. */
  static ObjectBody of(byte[] bytes) {
    return new ObjectBody() {
      @Override
      public long length() {
        return bytes.length;
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }
    };
  }
}
