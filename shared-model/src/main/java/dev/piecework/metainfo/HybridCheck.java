package dev.piecework.metainfo;

import static dev.piecework.metainfo.InfoFields.fault;

import java.util.List;

/**
 * Whether the two file lists of a hybrid torrent (BEP 52) say the same: otherwise v1 and v2 peers
 * would take different content for the same torrent. Empty files and pad files may differ in name.
 */
final class HybridCheck {
  private HybridCheck() {}

  /**
   * @param v2 with its implied pad files; loses the last one if the v1 part has none, as old
   *     programs made it
   */
  static void check(FileList v1, FileList v2) throws MetainfoException {
    List<DraftFile> left = v1.files();
    if (v2.files().size() == left.size() + 1) {
      v2.removeTailPadding();
    }
    List<DraftFile> right = v2.files();
    if (left.size() != right.size()) {
      throw fault(
          MetainfoError.INVALID_V2,
          "info.file tree",
          "%d files with padding, info.files has %d".formatted(right.size(), left.size()));
    }
    if (v1.totalLength() != v2.totalLength()) {
      throw fault(
          MetainfoError.INVALID_V2,
          "info.file tree",
          "%d bytes, info.files has %d".formatted(v2.totalLength(), v1.totalLength()));
    }
    // Lengths are compared one by one, empty files included, so offsets need no comparison.
    for (int i = 0; i < left.size(); i++) {
      checkFile(i, left.get(i), right.get(i));
    }
  }

  private static void checkFile(int index, DraftFile v1, DraftFile v2) throws MetainfoException {
    boolean sameContent = content(v1) == content(v2) && v1.length() == v2.length();
    boolean samePath = v1.folder().equals(v2.folder()) && v1.name().equals(v2.name());
    if (!sameContent || (content(v1) && !samePath)) {
      throw fault(
          MetainfoError.INVALID_V2,
          "info.files[" + index + "]",
          "%s of %d bytes, but in info.file tree %s of %d bytes"
              .formatted(v1.path(), v1.length(), v2.path(), v2.length()));
    }
  }

  private static boolean content(DraftFile file) {
    return file.kind() != TorrentFile.Kind.PAD && file.length() > 0;
  }
}
