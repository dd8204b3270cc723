package dev.piecework.metainfo;

import java.util.Arrays;
import java.util.HexFormat;

/** The SHA-1 of the raw bytes of an info dictionary: 20 bytes that name a torrent (BEP 3). */
public final class InfoHash implements Comparable<InfoHash> {
  /** Bytes in an info-hash. */
  public static final int LENGTH = 20;

  private final byte[] bytes;

  private InfoHash(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param bytes exactly 20 bytes, copied
   * @throws IllegalArgumentException for any other length
   */
  public static InfoHash of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("an info-hash has 20 bytes, not " + bytes.length);
    }
    return new InfoHash(bytes.clone());
  }

  /**
   * @param hex 40 hexadecimal digits, either case
   * @throws IllegalArgumentException for anything else
   */
  public static InfoHash fromHex(String hex) {
    return of(HexFormat.of().parseHex(hex));
  }

  /** A copy of the 20 bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** 40 lower-case hexadecimal digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public int compareTo(InfoHash other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InfoHash that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return hex();
  }
}
