package dev.piecework.worker.store;

import dev.piecework.worker.checksum.Crc;
import dev.piecework.worker.dialect.SumForm;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * Checksums of a body that must be known before it is sent. Where they are all known without
 * reading it, it is not read.
 *
 * @param crc32c CRC32C
 * @param sum the checksum that goes with it, in Base64; empty for none
 * @param sha256 SHA-256 in hexadecimal digits, when it was asked for
 */
record BodyDigest(int crc32c, String sum, Optional<String> sha256) {
  private static final int STEP_BYTES = 128 << 10;

  /**
   * @param form the checksum that goes with it
   * @param withSha256 whether the request is signed over its body: over http, where nothing else
   *     protects it
   */
  static BodyDigest of(ObjectBody body, SumForm form, boolean withSha256) throws IOException {
    OptionalInt expected = body.expectedCrc32c();
    boolean known = form == SumForm.CRC32C || form == SumForm.NONE;
    if (expected.isPresent() && known && !withSha256) {
      return new BodyDigest(
          expected.getAsInt(),
          form == SumForm.NONE ? "" : Crc.CRC32C.base64(expected.getAsInt()),
          Optional.empty());
    }
    BodyDigest read = read(body, form, withSha256);
    if (expected.isPresent() && expected.getAsInt() != read.crc32c()) {
      throw new IOException(StreamedBody.CHANGED);
    }
    return read;
  }

  private static BodyDigest read(ObjectBody body, SumForm form, boolean withSha256)
      throws IOException {
    CRC32C crc32c = new CRC32C();
    Optional<Crc> otherCrc = form.crc().filter(crc -> crc != Crc.CRC32C);
    Optional<Checksum> other = otherCrc.map(Crc::start);
    Optional<MessageDigest> md5 = form == SumForm.MD5 ? Optional.of(md5()) : Optional.empty();
    Optional<MessageDigest> sha256 = withSha256 ? Optional.of(digest("SHA-256")) : Optional.empty();
    byte[] step = new byte[(int) Math.min(STEP_BYTES, Math.max(1, body.length()))];
    long length = 0;
    try (InputStream in = body.open()) {
      for (int read = in.read(step); read >= 0; read = in.read(step)) {
        crc32c.update(step, 0, read);
        if (other.isPresent()) {
          other.get().update(step, 0, read);
        }
        if (md5.isPresent()) {
          md5.get().update(step, 0, read);
        }
        if (sha256.isPresent()) {
          sha256.get().update(step, 0, read);
        }
        length += read;
      }
    }
    if (length != body.length()) {
      throw new IOException("has %d bytes, expected %d".formatted(length, body.length()));
    }
    String sum =
        switch (form) {
          case CRC32C -> Crc.CRC32C.base64(crc32c.getValue());
          case MD5 -> Base64.getEncoder().encodeToString(md5.orElseThrow().digest());
          case NONE -> "";
          case CRC32, CRC64NVME -> otherCrc.orElseThrow().base64(other.orElseThrow().getValue());
        };
    return new BodyDigest(
        (int) crc32c.getValue(),
        sum,
        sha256.map(digest -> HexFormat.of().formatHex(digest.digest())));
  }

  static MessageDigest md5() {
    return digest("MD5");
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    }
  }
}
