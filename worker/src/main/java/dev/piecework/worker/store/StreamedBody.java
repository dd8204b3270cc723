package dev.piecework.worker.store;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way, read in steps and summed as it goes. Its last step is not sent before the sum
 * of all is right, so that what has changed since it was verified is never a whole request.
 */
final class StreamedBody extends RequestBody {
  static final String CHANGED =
      "scratch does not give back what was verified: the disk, or somebody, changed it; nothing of"
          + " it was stored, and the next attempt fetches it again";

  private static final int STEP_BYTES = 64 << 10;

  private final ObjectBody body;
  private final int crc32c;
  private final boolean withMd5;
  private final Cancellation cancellation;
  private volatile Optional<String> md5 = Optional.empty();

  /**
   * @param crc32c that it must have
   * @param withMd5 whether its MD5 is wanted when it has been sent
   */
  StreamedBody(ObjectBody body, int crc32c, boolean withMd5, Cancellation cancellation) {
    this.body = body;
    this.crc32c = crc32c;
    this.withMd5 = withMd5;
    this.cancellation = cancellation;
  }

  /** MD5 of what was sent, in hexadecimal digits, if it was wanted and all was sent. */
  Optional<String> md5() {
    return md5;
  }

  /** None here: the request's own header says it. */
  @Override
  public @Nullable MediaType contentType() {
    return null;
  }

  @Override
  public long contentLength() {
    return body.length();
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    CRC32C crc = new CRC32C();
    Optional<MessageDigest> digest = withMd5 ? Optional.of(BodyDigest.md5()) : Optional.empty();
    byte[] step = new byte[(int) Math.min(STEP_BYTES, body.length())];
    try (InputStream in = open()) {
      for (long left = body.length(); left > 0; ) {
        int read = read(in, step, (int) Math.min(step.length, left));
        left -= read;
        crc.update(step, 0, read);
        if (digest.isPresent()) {
          digest.get().update(step, 0, read);
        }
        if (left == 0) {
          md5 = digest.map(done -> HexFormat.of().formatHex(done.digest()));
          require(crc);
        }
        sink.write(step, 0, read);
      }
    }
    if (body.length() == 0) {
      md5 = digest.map(done -> HexFormat.of().formatHex(done.digest()));
      require(crc);
    }
  }

  private InputStream open() throws BodyException {
    try {
      return body.open();
    } catch (IOException e) {
      throw new BodyException(e);
    }
  }

  /** Marks failures of our own disk, which would look like failures of the network. */
  private int read(InputStream in, byte[] into, int length) throws IOException {
    if (cancellation.cancelled()) {
      throw new IOException("cancelled");
    }
    try {
      int read = in.readNBytes(into, 0, length);
      if (read < length) {
        throw new IOException("it is shorter than it was");
      }
      return read;
    } catch (IOException e) {
      throw new BodyException(e);
    }
  }

  private void require(CRC32C crc) throws BodyException {
    if ((int) crc.getValue() != crc32c) {
      throw new BodyException(new IOException(CHANGED));
    }
  }

  /** What was to be sent could not be read, or is not what it was. */
  static final class BodyException extends IOException {
    private static final long serialVersionUID = 1;

    BodyException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }
}
