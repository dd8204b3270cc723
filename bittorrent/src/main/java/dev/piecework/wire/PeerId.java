package dev.piecework.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** The 20 bytes by which a peer tells itself from others (BEP 3, BEP 20). */
public final class PeerId implements Comparable<PeerId> {
  /** Bytes in a peer id. */
  public static final int LENGTH = 20;

  private static final String PREFIX = "-PW0100-";

  private final byte[] bytes;

  private PeerId(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param bytes exactly 20 bytes, copied
   * @throws IllegalArgumentException for any other length
   */
  public static PeerId of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("a peer id has 20 bytes, not " + bytes.length);
    }
    return new PeerId(bytes.clone());
  }

  /** A new one of our own: our client's prefix in the style of BEP 20, then random bytes. */
  public static PeerId random(RandomGenerator random) {
    byte[] bytes = new byte[LENGTH];
    random.nextBytes(bytes);
    byte[] prefix = PREFIX.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(prefix, 0, bytes, 0, prefix.length);
    return new PeerId(bytes);
  }

  /** A copy of the 20 bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Orders ids, so that both ends of two crossing connections keep the same one. */
  @Override
  public int compareTo(PeerId other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PeerId that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Printable characters as they are, others as dots: for logs. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(LENGTH);
    for (byte each : bytes) {
      text.append(each > ' ' && each < 0x7f ? (char) each : '.');
    }
    return text.toString();
  }
}
