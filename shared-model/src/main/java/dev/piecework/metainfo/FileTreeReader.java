package dev.piecework.metainfo;

import static dev.piecework.metainfo.InfoFields.fault;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Reads the files of a v2 torrent: {@code file tree} (BEP 52), without recursion; its depth is
 * bounded by that of bencoding. Each file is followed by the pad file that its alignment implies,
 * so that the list compares with that of a hybrid's v1 part.
 */
final class FileTreeReader {
  /** A dictionary on the way down. */
  private record Level(Iterator<BDictionary.Entry> entries, Optional<String> name) {}

  private final FileList files = new FileList();
  private final Deque<Level> levels = new ArrayDeque<>();
  private final String torrentName;
  private final int pieceLength;

  private FileTreeReader(String torrentName, int pieceLength) {
    this.torrentName = torrentName;
    this.pieceLength = pieceLength;
  }

  /**
   * All files of a tree.
   *
   * @param tree {@code info.file tree}
   * @param multiFile whether the v1 part has a file list
   */
  static FileList read(BDictionary tree, String torrentName, boolean multiFile, int pieceLength)
      throws MetainfoException {
    FileTreeReader reader = new FileTreeReader(torrentName, pieceLength);
    boolean single = !multiFile && tree.size() == 1 && leaf(tree.iterator().next().value());
    reader.walk(tree, single);
    return reader.files;
  }

  private static boolean leaf(BValue value) {
    return value instanceof BDictionary dictionary
        && dictionary.size() == 1
        && dictionary.iterator().next().key().length() == 0;
  }

  private void walk(BDictionary tree, boolean single) throws MetainfoException {
    levels.addLast(new Level(tree.iterator(), Optional.empty()));
    while (!levels.isEmpty()) {
      Level level = levels.getLast();
      if (!level.entries().hasNext()) {
        levels.removeLast();
        continue;
      }
      BDictionary.Entry entry = level.entries().next();
      String where = where(entry.key());
      if (entry.key().length() == 0) {
        throw fault(
            MetainfoError.INVALID_V2,
            where,
            "an empty name beside or above others in the file tree");
      }
      if (!(entry.value() instanceof BDictionary below)) {
        throw fault(
            MetainfoError.INVALID_V2,
            where,
            "expected a dictionary, found " + entry.value().kind());
      }
      if (leaf(below)) {
        addFile(entry.key(), below.iterator().next().value(), single, where);
      } else {
        levels.addLast(new Level(below.iterator(), PathSanitizer.element(entry.key().bytes())));
      }
    }
  }

  private void addFile(BString key, BValue value, boolean single, String where)
      throws MetainfoException {
    if (!(value instanceof BDictionary file)) {
      throw fault(MetainfoError.INVALID_V2, where, "expected a dictionary, found " + value.kind());
    }
    if (InfoFields.attribute(file, 'p')) {
      throw fault(MetainfoError.INVALID_V2, where, "a pad file, which v2 does not have");
    }
    long length = InfoFields.length(file, where);
    Optional<String> symlink = InfoFields.symlink(file, where);
    Optional<Sha256> root =
        length > 0 ? Optional.of(root(file, where + ".pieces root")) : Optional.empty();
    List<String> path = path(key, single);
    files.add(
        new DraftFile(
            String.join("/", path.subList(0, path.size() - 1)),
            path.getLast(),
            length,
            symlink.isPresent() ? TorrentFile.Kind.SYMLINK : TorrentFile.Kind.REGULAR,
            symlink,
            root),
        where);
    files.align(pieceLength, where);
  }

  private static Sha256 root(BDictionary file, String where) throws MetainfoException {
    Optional<BString> root = file.string("pieces root");
    if (root.isEmpty() || root.get().length() != Sha256.LENGTH) {
      throw fault(
          MetainfoError.INVALID_V2,
          where,
          "expected a string of %d bytes, %s"
              .formatted(
                  Sha256.LENGTH,
                  root.isEmpty()
                      ? InfoFields.found(file, "pieces root")
                      : "found " + root.get().length() + " bytes"));
    }
    Sha256 hash = new Sha256(root.get().bytes());
    if (hash.allZeros()) {
      throw fault(MetainfoError.INVALID_V2, where, "only zeros, expected a hash");
    }
    return hash;
  }

  /** Sanitised like a v1 path, so that both parts of a hybrid come out the same. */
  private List<String> path(BString key, boolean single) {
    if (single) {
      return PathSanitizer.path(List.of(key.bytes()));
    }
    List<String> path = new ArrayList<>();
    path.add(torrentName);
    levels.forEach(level -> level.name().ifPresent(path::add));
    PathSanitizer.element(key.bytes()).ifPresent(path::add);
    if (path.size() == 1) {
      path.add("_");
    }
    return path;
  }

  /** The end of the place only: a message needs no more, and each entry pays for it. */
  private String where(BString key) {
    return "info.file tree"
        + (levels.size() > 2 ? "/..." : "")
        + levels.getLast().name().map(name -> "/" + name).orElse("")
        + "/"
        + PathSanitizer.element(key.bytes()).orElse("..");
  }
}
