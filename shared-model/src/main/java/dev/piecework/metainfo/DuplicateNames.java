package dev.piecework.metainfo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives each file a path of its own, as libtorrent does: of files with the same path (ASCII letters
 * without regard to case, for the file systems that have none), and of a file with the path of a
 * folder, the later becomes {@code name.1.extension}. Pad files of one size may share a path. Takes
 * time linear in the number of files: each path goes on counting where it stopped, and a number
 * that it passes over is a file's own name, which can be in the way of two paths at most.
 */
final class DuplicateNames {
  private final List<DraftFile> files;
  private final Set<String> taken = new HashSet<>();
  private final Set<String> folders = new HashSet<>();
  private final Map<String, Integer> lastNumbers = new HashMap<>();

  private DuplicateNames(List<DraftFile> files) {
    this.files = files;
  }

  /** The final paths, in the order of the files. */
  static List<String> resolve(List<DraftFile> files) {
    return new DuplicateNames(files).run();
  }

  private List<String> run() {
    files.forEach(file -> addFolders(file.folder()));
    List<String> paths = new ArrayList<>(files.size());
    Set<String> pads = new HashSet<>();
    for (DraftFile file : files) {
      String path = file.path();
      String folded = fold(path);
      boolean shared =
          file.kind() == TorrentFile.Kind.PAD && !pads.add(folded + "/" + file.length());
      boolean free = shared || (!folders.contains(folded) && taken.add(folded));
      paths.add(free ? path : renamed(path, folded));
    }
    return paths;
  }

  /** A folder and those above it, as long as they are new. */
  private void addFolders(String folder) {
    String folded = fold(folder);
    while (!folded.isEmpty() && folders.add(folded)) {
      folded = folded.substring(0, Math.max(0, folded.lastIndexOf('/')));
    }
  }

  private String renamed(String path, String folded) {
    int dot = path.lastIndexOf('.');
    int end = dot > path.lastIndexOf('/') ? dot : path.length();
    for (int number = lastNumbers.getOrDefault(folded, 0) + 1; ; number++) {
      String candidate = path.substring(0, end) + "." + number + path.substring(end);
      String foldedCandidate = fold(candidate);
      if (!folders.contains(foldedCandidate) && taken.add(foldedCandidate)) {
        lastNumbers.put(folded, number);
        return candidate;
      }
    }
  }

  /** The same string where nothing changes, so that it is held once. */
  private static String fold(String path) {
    if (path.chars().noneMatch(c -> c >= 'A' && c <= 'Z')) {
      return path;
    }
    StringBuilder folded = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      folded.append(c >= 'A' && c <= 'Z' ? (char) (c + 'a' - 'A') : c);
    }
    return folded.toString();
  }
}
