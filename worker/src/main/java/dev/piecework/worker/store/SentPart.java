package dev.piecework.worker.store;

/**
 * A part of a multipart upload, or a whole object, as the store acknowledged it.
 *
 * @param number from 1; 1 for a whole object
 * @param length bytes
 * @param etag without quotes
 * @param crc32c of the bytes sent
 * @param sum the checksum that went with it, in Base64, where that is another; otherwise empty
 */
public record SentPart(int number, long length, String etag, int crc32c, String sum) {
  /** One with no checksum but its CRC32C. */
  public SentPart(int number, long length, String etag, int crc32c) {
    this(number, length, etag, crc32c, "");
  }
}
