package dev.piecework.bencode;

/**
 * What a reader accepts at most. Input comes from strangers, so every dimension that could cost
 * memory or time has a bound.
 *
 * @param bytes most bytes of input
 * @param depth most lists and dictionaries inside each other
 * @param tokens most strings, integers, lists and dictionaries, keys included
 */
public record BencodeLimits(int bytes, int depth, int tokens) {
  /**
   * For torrent files: 10 MiB, depth 100, and 1,048,576 tokens, of which the table takes 12 MiB:
   * enough for 130,000 files.
   */
  public static final BencodeLimits TORRENT_FILE = new BencodeLimits(10 << 20, 100, 1 << 20);

  /** For an info dictionary that came from peers (BEP 9): 30 MiB. */
  public static final BencodeLimits METADATA = new BencodeLimits(30 << 20, 100, 3_000_000);

  /**
   * @throws IllegalArgumentException if one of them is less than 1
   */
  public BencodeLimits {
    if (bytes < 1 || depth < 1 || tokens < 1) {
      throw new IllegalArgumentException(
          "limits must be at least 1: bytes=%d depth=%d tokens=%d".formatted(bytes, depth, tokens));
    }
  }

  /** The same with another limit of bytes. */
  public BencodeLimits withBytes(int otherBytes) {
    return new BencodeLimits(otherBytes, depth, tokens);
  }
}
