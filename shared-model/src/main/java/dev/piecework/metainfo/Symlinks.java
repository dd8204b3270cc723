package dev.piecework.metainfo;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds what the symlinks of a torrent point at (BEP 47): a path from the torrent's folder, or, as
 * some programs wrote it, from the link's own. Anything that is no file or folder of the torrent,
 * other links followed, is refused: such a link stays in the list without a target.
 */
final class Symlinks {
  /** Most links followed for one; also ends circles. */
  private static final int MAX_FOLLOWED = 40;

  /**
   * Most characters looked up for all links that lead over other links: a file of 10 MB could ask
   * for hours of it.
   */
  private static final long MAX_FOLLOWED_CHARACTERS = 32 << 20;

  private final String root;
  private final TreeMap<String, DraftFile> filesByPath = new TreeMap<>();
  private final Map<String, String> links = new HashMap<>();
  private long followedCharacters;

  /**
   * @param root the torrent's name, under which all files lie
   * @param files all files
   */
  Symlinks(String root, Iterable<DraftFile> files) {
    this.root = root + "/";
    for (DraftFile file : files) {
      String path = file.path();
      if (path.startsWith(this.root)) {
        filesByPath.putIfAbsent(path, file);
      }
    }
    filesByPath.forEach(
        (path, file) -> file.symlink().ifPresent(target -> links.put(path, this.root + target)));
  }

  /** Where a link points, from the torrent's name on; empty if nowhere in the torrent. */
  Optional<String> target(DraftFile link) {
    return link.symlink()
        .flatMap(symlink -> {
          String fromRoot = root + symlink;
          String fromLink = link.folder() + "/" + symlink;
          if (exists(fromRoot)) {
            return Optional.of(fromRoot);
          }
          if (exists(fromLink)) {
            return Optional.of(fromLink);
          }
          return leadsToFile(fromRoot) ? Optional.of(fromRoot) : Optional.empty();
        });
  }

  private boolean exists(String path) {
    return filesByPath.containsKey(path) || folder(path);
  }

  private boolean folder(String path) {
    String inside = path + "/";
    String next = filesByPath.ceilingKey(inside);
    return next != null && next.startsWith(inside);
  }

  /** Whether a path exists when links in it are followed. */
  private boolean leadsToFile(String path) {
    String rest = path;
    for (int followed = 0;
        followed < MAX_FOLLOWED && followedCharacters < MAX_FOLLOWED_CHARACTERS;
        followed++) {
      int end = firstMissing(rest);
      if (end < 0) {
        return exists(rest);
      }
      String target = links.get(rest.substring(0, end));
      if (target == null) {
        return false;
      }
      rest = target + rest.substring(end);
      if (rest.length() > 2 * FileList.MAX_PATH_DEPTH * 256) {
        return false;
      }
    }
    return false;
  }

  /** End of the first element, but the last, that is no folder; -1 if there is none. */
  private int firstMissing(String path) {
    for (int slash = path.indexOf('/', root.length());
        slash >= 0;
        slash = path.indexOf('/', slash + 1)) {
      followedCharacters += slash;
      if (!folder(path.substring(0, slash))) {
        return slash;
      }
    }
    return -1;
  }
}
