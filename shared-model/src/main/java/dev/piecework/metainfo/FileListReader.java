package dev.piecework.metainfo;

import static dev.piecework.metainfo.InfoFields.fault;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BList;
import dev.piecework.bencode.BValue;
import java.util.List;
import java.util.Optional;

/** Reads the files of a v1 torrent: {@code length} or {@code files} (BEP 3, BEP 47). */
final class FileListReader {
  /** How BitComet names what BEP 47 later gave an attribute. */
  private static final String BITCOMET_PAD = "_____padding_file_";

  private FileListReader() {}

  /**
   * The one file of a torrent without a file list.
   *
   * @param info the info dictionary
   * @param name sanitised; empty if nothing was left of it
   */
  static FileList single(BDictionary info, Optional<String> name) throws MetainfoException {
    long length = InfoFields.length(info, "info");
    if (name.isEmpty()) {
      throw fault(
          MetainfoError.MISSING_NAME,
          "info.name",
          "nothing is left of it as a file name, expected a name");
    }
    FileList files = new FileList();
    files.add(DraftFile.regular("", name.get(), length), "info.length");
    return files;
  }

  /**
   * The files of a list.
   *
   * @param list {@code info.files}
   * @param name the sanitised name, under which they lie
   */
  static FileList several(BList list, String name) throws MetainfoException {
    FileList files = new FileList();
    int index = 0;
    for (BValue value : list) {
      String where = "info.files[" + index++ + "]";
      if (!(value instanceof BDictionary file)) {
        throw fault(
            MetainfoError.INVALID_FILE, where, "expected a dictionary, found " + value.kind());
      }
      files.add(file(file, name, where), where);
    }
    return files;
  }

  private static DraftFile file(BDictionary file, String name, String where)
      throws MetainfoException {
    long length = InfoFields.length(file, where);
    boolean pad = InfoFields.attribute(file, 'p');
    Optional<List<byte[]>> elements = path(file, where);
    if (elements.isEmpty()) {
      if (pad) {
        return DraftFile.pad(name + "/.pad", Long.toString(length), length);
      }
      throw fault(
          MetainfoError.MISSING_NAME,
          where + ".path",
          "expected a list of strings, " + InfoFields.found(file, "path"));
    }
    List<String> path = PathSanitizer.path(elements.get());
    String folder = String.join("/", path.subList(0, path.size() - 1));
    String fullFolder = folder.isEmpty() ? name : name + "/" + folder;
    if (pad || String.join("/", path).contains(BITCOMET_PAD)) {
      return DraftFile.pad(fullFolder, path.getLast(), length);
    }
    Optional<String> symlink = InfoFields.symlink(file, where);
    return new DraftFile(
        fullFolder,
        path.getLast(),
        length,
        symlink.isPresent() ? TorrentFile.Kind.SYMLINK : TorrentFile.Kind.REGULAR,
        symlink,
        Optional.empty());
  }

  private static Optional<List<byte[]>> path(BDictionary file, String where)
      throws MetainfoException {
    // Who writes path.utf-8 has path in another encoding.
    for (String key : List.of("path.utf-8", "path")) {
      Optional<BList> list = file.list(key);
      if (list.isPresent()) {
        return list.get().isEmpty()
            ? Optional.empty()
            : Optional.of(
                InfoFields.elements(list.get(), where + "." + key, MetainfoError.INVALID_NAME));
      }
    }
    return Optional.empty();
  }
}
