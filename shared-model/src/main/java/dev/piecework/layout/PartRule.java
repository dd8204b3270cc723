package dev.piecework.layout;

/**
 * How objects are cut into parts. Fixed with a job's first run, since a part's number stands for
 * its bytes.
 *
 * @param partSize bytes of every part but the last, at least
 * @param maxParts most parts of one object: a file that would have more has larger ones, of whole
 *     MiB
 */
public record PartRule(long partSize, int maxParts) {
  /** Parts of 8 MiB, and at most 10,000 (S3). */
  public static final PartRule STANDARD =
      new PartRule(ObjectLayout.MIN_PART_SIZE, ObjectLayout.MAX_PARTS);

  private static final long MEBIBYTE = 1L << 20;

  /**
   * @throws IllegalArgumentException if no part, or an empty one, were left
   */
  public PartRule {
    if (partSize < 1 || maxParts < 1) {
      throw new IllegalArgumentException(
          "parts of %d bytes, at most %d: expected at least one of each"
              .formatted(partSize, maxParts));
    }
  }

  /** Bytes of each part but the last of a file of this length. */
  long partSize(long length) {
    long least = (length + maxParts - 1) / maxParts;
    long wholeMebibytes = (least + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
    return Math.max(partSize, wholeMebibytes);
  }
}
