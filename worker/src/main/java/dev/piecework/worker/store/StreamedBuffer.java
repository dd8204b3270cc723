package dev.piecework.worker.store;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Lets the MinIO client send bytes that are not in memory. It takes an array, a whole file or its
 * own buffer class; of these only the last can be taught to read a range of a file piecemeal. (With
 * an array, OkHttp copies the whole of it before the first byte leaves.)
 */
final class StreamedBuffer extends io.minio.ByteBuffer {
  /** OkHttp reads 8 KiB at a time: an eighth of the system calls. */
  private static final int READ_BYTES = 64 << 10;

  private final ObjectBody body;
  private final Cancellation cancellation;

  StreamedBuffer(ObjectBody body, Cancellation cancellation) {
    super(0);
    this.body = body;
    this.cancellation = cancellation;
  }

  @Override
  public long length() {
    return body.length();
  }

  @Override
  public long size() {
    return body.length();
  }

  @Override
  public InputStream inputStream() {
    return new Source();
  }

  /** Marks failures of our own disk, which on OkHttp's side look like failures of the network. */
  private final class Source extends InputStream {
    private @Nullable InputStream in;

    Source() {}

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (cancellation.cancelled()) {
        throw new IOException("cancelled");
      }
      try {
        if (in == null) {
          in = new BufferedInputStream(body.open(), READ_BYTES);
        }
        return in.read(into, offset, length);
      } catch (IOException e) {
        throw new BodyException(e);
      }
    }
  }

  /** What was to be sent could not be read. */
  static final class BodyException extends IOException {
    BodyException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }
}
