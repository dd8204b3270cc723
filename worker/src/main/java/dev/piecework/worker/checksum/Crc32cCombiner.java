package dev.piecework.worker.checksum;

import java.nio.ByteBuffer;
import java.util.Base64;

/**
 * Joins the CRC32C of neighbouring byte ranges into that of the whole, so that an object's checksum
 * is known without reading it again, in whatever order its parts were sent.
 *
 * <p>Appending {@code n} zero bytes to a message multiplies its CRC, a polynomial over GF(2), by
 * {@code x^(8n)} modulo the generator; CRCs of equal length add by xor. Hence {@code crc(a|b) =
 * crc(a) * x^(8 * |b|) + crc(b)}, where the power comes from repeated squaring: the same algebra as
 * zlib's {@code crc32_combine}, with the generator of Castagnoli (RFC 3720, appendix B.4).
 */
public final class Crc32cCombiner {
  /** The generator without its x^32, bit 31 being x^0 as everywhere in reflected CRCs. */
  private static final int GENERATOR = 0x82F63B78;

  private static final int ONE = 1 << 31;

  /** {@code x^(2^k)} modulo the generator. */
  private static final int[] SQUARINGS = squarings();

  private int crc;
  private long length;

  /** The CRC32C of an empty message. */
  public Crc32cCombiner() {}

  /**
   * Appends a range.
   *
   * @param rangeCrc32c its CRC32C
   * @param rangeLength its bytes, 0 or more
   */
  public void append(int rangeCrc32c, long rangeLength) {
    crc = combine(crc, rangeCrc32c, rangeLength);
    length += rangeLength;
  }

  /** CRC32C of everything appended so far. */
  public int crc32c() {
    return crc;
  }

  /** Bytes appended so far. */
  public long length() {
    return length;
  }

  /**
   * CRC32C of two ranges, one behind the other.
   *
   * @param first CRC32C of the first
   * @param second CRC32C of the second
   * @param secondLength bytes of the second, 0 or more
   */
  public static int combine(int first, int second, long secondLength) {
    if (secondLength < 0) {
      throw new IllegalArgumentException("a range cannot have " + secondLength + " bytes");
    }
    return multiply(first, powerOfX(secondLength)) ^ second;
  }

  /** The four bytes, big-endian, in Base64: how S3 writes a CRC32C. */
  public static String base64(int crc32c) {
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(Integer.BYTES).putInt(crc32c).array());
  }

  /** {@code x^(8 * bytes)} modulo the generator. */
  private static int powerOfX(long bytes) {
    int power = ONE;
    for (int k = 3; bytes != 0; bytes >>>= 1, k++) {
      if ((bytes & 1) != 0) {
        power = multiply(power, SQUARINGS[k]);
      }
    }
    return power;
  }

  private static int multiply(int a, int b) {
    int product = 0;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= b;
      }
      b = (b & 1) != 0 ? (b >>> 1) ^ GENERATOR : b >>> 1;
    }
    return product;
  }

  private static int[] squarings() {
    int[] powers = new int[Long.SIZE + 3];
    powers[0] = ONE >>> 1;
    for (int k = 1; k < powers.length; k++) {
      powers[k] = multiply(powers[k - 1], powers[k - 1]);
    }
    return powers;
  }
}
