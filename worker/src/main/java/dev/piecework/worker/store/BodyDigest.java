package dev.piecework.worker.store;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Checksums of a body, made in one pass before it is sent.
 *
 * @param crc32c CRC32C
 * @param sha256 SHA-256 in hexadecimal digits, when it was asked for
 */
record BodyDigest(int crc32c, Optional<String> sha256) {
  private static final int STEP_BYTES = 128 << 10;

  /**
   * @param withSha256 whether the request is signed over its body: over http, where nothing else
   *     protects it
   */
  static BodyDigest of(ObjectBody body, boolean withSha256) throws IOException {
    CRC32C crc32c = new CRC32C();
    MessageDigest sha256 = newSha256();
    byte[] step = new byte[(int) Math.min(STEP_BYTES, Math.max(1, body.length()))];
    long length = 0;
    try (InputStream in = body.open()) {
      for (int read = in.read(step); read >= 0; read = in.read(step)) {
        crc32c.update(step, 0, read);
        if (withSha256) {
          sha256.update(step, 0, read);
        }
        length += read;
      }
    }
    if (length != body.length()) {
      throw new IOException("has %d bytes, expected %d".formatted(length, body.length()));
    }
    return new BodyDigest(
        (int) crc32c.getValue(),
        withSha256 ? Optional.of(HexFormat.of().formatHex(sha256.digest())) : Optional.empty());
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
