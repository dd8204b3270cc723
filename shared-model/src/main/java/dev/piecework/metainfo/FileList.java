package dev.piecework.metainfo;

import java.util.ArrayList;
import java.util.List;

/**
 * Files in linear order, within the limits on their number of bytes and the size of their names.
 */
final class FileList {
  /** Most bytes of a file: what a v2 Merkle tree can span, and plenty for S3. */
  static final long MAX_FILE_LENGTH = (1L << 30) * 16384 - 16384 - 1;

  /** Most bytes of all files: 48 bits, so that sums cannot overflow. */
  static final long MAX_TOTAL_LENGTH = (1L << 48) - 1;

  /** Most path elements of one file. */
  static final int MAX_PATH_DEPTH = 100;

  /**
   * Most bytes of memory that the file list may take, by {@link #cost}: a folder's name counts for
   * each file in it, so that 10 MiB of metainfo could name gigabytes. A worker with a heap of 192
   * MiB holds it.
   */
  static final long MAX_COST = 64 << 20;

  /** Bytes of objects and table entries for a file beside its characters, while it is parsed. */
  private static final int COST_OF_FILE = 250;

  /** The same for what finding the target of a symlink takes. */
  private static final int COST_OF_SYMLINK = 400;

  private final List<DraftFile> files = new ArrayList<>();
  private long totalLength;
  private long cost;

  void add(DraftFile file, String where) throws MetainfoException {
    if (file.length() > MAX_TOTAL_LENGTH - totalLength) {
      throw new MetainfoException(
          MetainfoError.INVALID_LENGTH,
          "%s: with its %d bytes all files have more than %d"
              .formatted(where, file.length(), MAX_TOTAL_LENGTH));
    }
    totalLength += file.length();
    cost += cost(file);
    if (cost > MAX_COST) {
      throw new MetainfoException(
          MetainfoError.LIMIT_EXCEEDED,
          "%s: the files and their paths up to here would take more than %d MiB of memory, the most that is accepted"
              .formatted(where, MAX_COST >> 20));
    }
    files.add(file);
  }

  /** What a file takes, its path held twice for a while. */
  private static long cost(DraftFile file) {
    long characters = 2L * (file.folder().length() + file.name().length() + 1);
    long width = wide(file.folder()) || wide(file.name()) ? 2 : 1;
    long link = file.symlink().map(target -> COST_OF_SYMLINK + 4L * target.length() * 2).orElse(0L);
    return COST_OF_FILE + characters * width + link;
  }

  /** Whether the JDK keeps two bytes for each character. */
  private static boolean wide(String text) {
    return text.chars().anyMatch(c -> c > 0xff);
  }

  List<DraftFile> files() {
    return files;
  }

  long totalLength() {
    return totalLength;
  }

  /** Fills up to a multiple of {@code pieceLength} with a pad file, as v2 aligns files. */
  void align(int pieceLength, String where) throws MetainfoException {
    long over = totalLength % pieceLength;
    if (over != 0) {
      long pad = pieceLength - over;
      add(DraftFile.pad(".pad", Long.toString(pad), pad), where);
    }
  }

  /** Takes the last file that is not empty away, if it is a pad file. */
  void removeTailPadding() {
    for (int i = files.size() - 1; i >= 0; i--) {
      DraftFile file = files.get(i);
      if (file.length() > 0) {
        if (file.kind() == TorrentFile.Kind.PAD) {
          totalLength -= file.length();
          files.remove(i);
        }
        return;
      }
    }
  }
}
