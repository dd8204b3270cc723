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
   * Most characters of all paths: a folder's name counts for each file in it, so that 10 MB of
   * metainfo could name gigabytes.
   */
  static final long MAX_PATH_CHARACTERS = 64 << 20;

  private final List<DraftFile> files = new ArrayList<>();
  private long totalLength;
  private long pathCharacters;

  void add(DraftFile file, String where) throws MetainfoException {
    if (file.length() > MAX_TOTAL_LENGTH - totalLength) {
      throw new MetainfoException(
          MetainfoError.INVALID_LENGTH,
          "%s: with its %d bytes all files have more than %d"
              .formatted(where, file.length(), MAX_TOTAL_LENGTH));
    }
    totalLength += file.length();
    pathCharacters += file.folder().length() + file.name().length() + 1;
    if (pathCharacters > MAX_PATH_CHARACTERS) {
      throw new MetainfoException(
          MetainfoError.LIMIT_EXCEEDED,
          "%s: all paths together have more than %d characters"
              .formatted(where, MAX_PATH_CHARACTERS));
    }
    files.add(file);
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
