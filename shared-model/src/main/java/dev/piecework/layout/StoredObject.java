package dev.piecework.layout;

/**
 * One object: one file of the torrent.
 *
 * @param index position in {@link ObjectLayout#objects()}
 * @param fileIndex the file's {@link dev.piecework.metainfo.TorrentFile#index()}
 * @param key full object key, prefix included, at most 1,024 bytes of UTF-8
 * @param offset first byte in the torrent's linear space
 * @param length bytes, 0 or more
 * @param partSize bytes of every part but the last: a constant of the job
 */
public record StoredObject(
    int index, int fileIndex, String key, long offset, long length, long partSize) {

  /** Number of parts, at least 1: an empty object has one empty part. */
  public int partCount() {
    return length == 0 ? 1 : Math.toIntExact((length + partSize - 1) / partSize);
  }

  /** Whether the object is sent with one plain PUT instead of a multipart upload. */
  public boolean single() {
    return partCount() == 1;
  }

  /**
   * @param number from 1 to {@link #partCount()}
   */
  public Part part(int number) {
    if (number < 1 || number > partCount()) {
      throw new IndexOutOfBoundsException("part " + number + " of " + partCount());
    }
    long start = (number - 1) * partSize;
    return new Part(index, number, offset + start, Math.min(partSize, length - start));
  }
}
