package dev.piecework.metainfo;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives each file a path of its own, as libtorrent does: of files with the same path (ASCII letters
 * without regard to case, for the file systems that have none), and of a file with the path of a
 * folder, the later becomes {@code name.1.extension}. Pad files of one size may share a path.
 */
final class DuplicateNames {
  /** Most attempts to find a free name, in one torrent. */
  static final int MAX_COLLISIONS = 500;

  private final List<DraftFile> files;
  private final Set<String> taken = new HashSet<>();
  private final TreeSet<String> sorted = new TreeSet<>();
  private int collisions;

  private DuplicateNames(List<DraftFile> files) {
    this.files = files;
  }

  /** The final paths, in the order of the files. */
  static List<String> resolve(List<DraftFile> files) throws MetainfoException {
    return new DuplicateNames(files).run();
  }

  private List<String> run() throws MetainfoException {
    List<String> paths = new ArrayList<>(files.size());
    for (DraftFile file : files) {
      sorted.add(fold(file.path()));
    }
    Set<String> pads = new HashSet<>();
    for (int i = 0; i < files.size(); i++) {
      DraftFile file = files.get(i);
      String path = file.path();
      String folded = fold(path);
      if (file.kind() == TorrentFile.Kind.PAD) {
        String pad = folded + "/" + file.length();
        if (pads.contains(pad)) {
          paths.add(path);
          continue;
        }
        pads.add(pad);
      }
      boolean free = !folder(folded) && taken.add(folded);
      paths.add(free ? path : renamed(file, i));
    }
    return paths;
  }

  private String renamed(DraftFile file, int index) throws MetainfoException {
    String path = file.path();
    int dot = path.lastIndexOf('.');
    int end = dot > path.lastIndexOf('/') ? dot : path.length();
    for (int number = 1; ; number++) {
      String candidate = path.substring(0, end) + "." + number + path.substring(end);
      String folded = fold(candidate);
      if (!folder(folded) && taken.add(folded)) {
        return candidate;
      }
      if (++collisions > MAX_COLLISIONS) {
        throw new MetainfoException(
            MetainfoError.TOO_MANY_DUPLICATE_NAMES,
            "file %d, %s: more than %d attempts to find free names for files of one path, expected distinct paths"
                .formatted(index, path, MAX_COLLISIONS));
      }
    }
  }

  /** Whether a file of the torrent lies in a folder of this path. */
  private boolean folder(String folded) {
    String inside = folded + "/";
    String next = sorted.ceiling(inside);
    return next != null && next.startsWith(inside);
  }

  private static String fold(String path) {
    StringBuilder folded = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      folded.append(c >= 'A' && c <= 'Z' ? (char) (c + 'a' - 'A') : c);
    }
    return folded.toString();
  }
}
