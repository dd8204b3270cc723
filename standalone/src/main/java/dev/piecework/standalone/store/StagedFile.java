package dev.piecework.standalone.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Bytes received into a file.
 *
 * @param file where they are
 * @param length how many
 * @param md5 in 32 hexadecimal digits: what S3 calls the ETag
 */
record StagedFile(Path file, long length, String md5) {
  private static final int BUFFER_BYTES = 256 << 10;

  /** Receives a stream into a new file. */
  static StagedFile receive(Path file, InputStream stream, Optional<String> contentMd5)
      throws IOException {
    try (stream;
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      return receive(file, channel, 0, stream, contentMd5);
    }
  }

  /**
   * Receives a stream into a file from a position on.
   *
   * @param contentMd5 Base64 of the MD5 that the sender says it has
   * @throws software.amazon.awssdk.services.s3.model.S3Exception BadDigest if it is another
   */
  static StagedFile receive(
      Path file,
      FileChannel channel,
      long position,
      InputStream stream,
      Optional<String> contentMd5)
      throws IOException {
    MessageDigest digest = newMd5();
    byte[] buffer = new byte[BUFFER_BYTES];
    long length = 0;
    for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
      digest.update(buffer, 0, count);
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
      while (bytes.hasRemaining()) {
        length += channel.write(bytes, position + length);
      }
    }
    byte[] md5 = digest.digest();
    if (contentMd5.isPresent()
        && !MessageDigest.isEqual(md5, Base64.getDecoder().decode(contentMd5.get()))) {
      throw StoreErrors.badDigest();
    }
    return new StagedFile(file, length, HexFormat.of().formatHex(md5));
  }

  static MessageDigest newMd5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }
}
