package dev.piecework.worker.checksum;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * The cyclic redundancy checks that S3 knows. All are reflected, and begin and end with all bits
 * set, so that what {@link Crc32cCombiner} says of one holds for each.
 */
public enum Crc {
  /** CRC-32C. */
  CRC32C(Integer.SIZE, 0x82F63B78L),
  /** CRC-32 as of zlib. */
  CRC32(Integer.SIZE, 0xEDB88320L),
  /** CRC-64/NVME. */
  CRC64NVME(Long.SIZE, 0x9A6C9329AC4BC9B5L);

  private final int bits;
  private final long generator;

  Crc(int bits, long generator) {
    this.bits = bits;
    this.generator = generator;
  }

  long generator() {
    return generator;
  }

  /** A checksum of nothing yet. */
  public Checksum start() {
    return switch (this) {
      case CRC32C -> new CRC32C();
      case CRC32 -> new CRC32();
      case CRC64NVME -> new Crc64Nvme();
    };
  }

  /** Its bytes, big-endian. */
  public byte[] bytes(long value) {
    return bits == Long.SIZE
        ? ByteBuffer.allocate(Long.BYTES).putLong(value).array()
        : ByteBuffer.allocate(Integer.BYTES).putInt((int) value).array();
  }

  /** Its bytes, big-endian, in Base64: how S3 writes it. */
  public String base64(long value) {
    return Base64.getEncoder().encodeToString(bytes(value));
  }

  /**
   * The opposite of {@link #base64}.
   *
   * @throws IllegalArgumentException if it is not a checksum of this kind
   */
  public long parse(String base64) {
    byte[] bytes = Base64.getDecoder().decode(base64);
    if (bytes.length * Byte.SIZE != bits) {
      throw new IllegalArgumentException(
          "a checksum of %d bytes, expected %d".formatted(bytes.length, bits / Byte.SIZE));
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return bits == Long.SIZE ? buffer.getLong() : buffer.getInt() & 0xffffffffL;
  }

  /**
   * The checksum of two ranges, one behind the other.
   *
   * @param first of the first
   * @param second of the second
   * @param secondLength bytes of the second, 0 or more
   */
  public long combine(long first, long second, long secondLength) {
    long power = 1L << (bits - 1);
    long square = power >>> 1;
    // x^(8 * length): eight times the length is three squarings ahead.
    for (int i = 0; i < 3; i++) {
      square = multiply(square, square);
    }
    for (long left = secondLength; left != 0; left >>>= 1) {
      if ((left & 1) != 0) {
        power = multiply(power, square);
      }
      square = multiply(square, square);
    }
    return multiply(first, power) ^ second;
  }

  private long multiply(long a, long b) {
    long product = 0;
    long factor = b;
    for (long bit = 1L << (bits - 1); bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= factor;
      }
      factor = (factor & 1) != 0 ? (factor >>> 1) ^ generator : factor >>> 1;
    }
    return product;
  }
}
