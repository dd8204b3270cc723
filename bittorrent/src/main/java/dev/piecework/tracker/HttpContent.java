package dev.piecework.tracker;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * A body without its Content-Encoding. Trackers label bodies wrongly, so the bytes decide where
 * they can; of a stream that is cut or damaged, what came out of it counts.
 */
final class HttpContent {
  private final byte[] bytes;
  private final boolean tooLarge;

  private HttpContent(byte[] bytes, boolean tooLarge) {
    this.bytes = bytes;
    this.tooLarge = tooLarge;
  }

  /** The decoded bytes, at most {@link HttpAnswer#MAX_BYTES} of them; not a copy. */
  byte[] bytes() {
    return bytes;
  }

  /** Whether there were more: a few kilobytes of gzip can become gigabytes. */
  boolean tooLarge() {
    return tooLarge;
  }

  static HttpContent decode(String encoding, byte[] body) {
    boolean gzipped = body.length > 2 && (body[0] & 0xff) == 0x1f && (body[1] & 0xff) == 0x8b;
    if (gzipped) {
      HttpContent decoded = read(() -> new GZIPInputStream(new ByteArrayInputStream(body)));
      return decoded.bytes.length > 0 ? decoded : new HttpContent(body, false);
    }
    if (encoding.contains("deflate")) {
      // Meant is zlib (RFC 9110, 8.4.1.2); some send the bare deflate stream.
      HttpContent zlib = read(() -> new InflaterInputStream(new ByteArrayInputStream(body)));
      HttpContent decoded = zlib.bytes.length > 0 ? zlib : bare(body);
      return decoded.bytes.length > 0 ? decoded : new HttpContent(body, false);
    }
    return new HttpContent(body, false);
  }

  private static HttpContent bare(byte[] body) {
    Inflater inflater = new Inflater(true);
    try {
      return read(() -> new InflaterInputStream(new ByteArrayInputStream(body), inflater));
    } finally {
      inflater.end();
    }
  }

  private static HttpContent read(Opening opening) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try (InputStream in = opening.open()) {
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        if (out.size() + length > HttpAnswer.MAX_BYTES) {
          return new HttpContent(out.toByteArray(), true);
        }
        out.write(buffer, 0, length);
      }
    } catch (IOException e) {
      // damaged or cut: what came before counts
    }
    return new HttpContent(out.toByteArray(), false);
  }

  @FunctionalInterface
  private interface Opening {
    InputStream open() throws IOException;
  }
}
