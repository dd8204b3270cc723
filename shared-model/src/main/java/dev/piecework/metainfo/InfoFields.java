package dev.piecework.metainfo;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BList;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BValue;
import dev.piecework.bencode.BencodeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fields that several readers of the info dictionary share, with errors that name the place. */
final class InfoFields {
  private InfoFields() {}

  static MetainfoException fault(MetainfoError error, String where, String what) {
    return new MetainfoException(error, where + ": " + what);
  }

  /** A fault of the bencoding itself. */
  static MetainfoException named(BencodeException e, String where) {
    MetainfoError error =
        e.fault() == BencodeException.Fault.LIMIT_EXCEEDED
            ? MetainfoError.LIMIT_EXCEEDED
            : MetainfoError.NOT_BENCODED;
    return new MetainfoException(error, where + e.getMessage());
  }

  /** What stands at a key, for a message: {@code found an integer}, or {@code found nothing}. */
  static String found(BDictionary dictionary, String key) {
    return "found " + dictionary.find(key).map(BValue::kind).orElse("nothing");
  }

  /** Whether the file has an attribute of BEP 47: l symlink, p pad file, x executable, h hidden. */
  static boolean attribute(BDictionary file, char attribute) {
    return file.string("attr").filter(value -> value.text().indexOf(attribute) >= 0).isPresent();
  }

  /** The length of a file; 0 for a symlink whatever it says (BEP 47). */
  static long length(BDictionary file, String where) throws MetainfoException {
    if (attribute(file, 'l')) {
      return 0;
    }
    Optional<Long> length = file.integer("length");
    if (length.isEmpty()) {
      throw fault(
          MetainfoError.INVALID_LENGTH,
          where + ".length",
          "expected an integer, " + found(file, "length"));
    }
    if (length.get() < 0 || length.get() > FileList.MAX_FILE_LENGTH) {
      throw fault(
          MetainfoError.INVALID_LENGTH,
          where + ".length",
          "%d bytes, expected 0 to %d".formatted(length.get(), FileList.MAX_FILE_LENGTH));
    }
    return length.get();
  }

  /** The path that a symlink names; empty if there is none, which makes it an empty file. */
  static Optional<String> symlink(BDictionary file, String where) throws MetainfoException {
    Optional<BList> list = file.list("symlink path");
    if (!attribute(file, 'l') || list.isEmpty() || list.get().isEmpty()) {
      return Optional.empty();
    }
    List<byte[]> elements =
        elements(list.get(), where + ".symlink path", MetainfoError.INVALID_SYMLINK);
    return Optional.of(String.join("/", PathSanitizer.path(elements)));
  }

  /** A list of strings of at most {@link FileList#MAX_PATH_DEPTH} elements. */
  static List<byte[]> elements(BList list, String where, MetainfoError error)
      throws MetainfoException {
    List<byte[]> elements = new ArrayList<>();
    for (BValue element : list) {
      String place = where + "[" + elements.size() + "]";
      if (elements.size() == FileList.MAX_PATH_DEPTH) {
        throw fault(
            MetainfoError.LIMIT_EXCEEDED,
            place,
            "more than %d path elements".formatted(FileList.MAX_PATH_DEPTH));
      }
      if (!(element instanceof BString string)) {
        throw fault(error, place, "expected a string, found " + element.kind());
      }
      elements.add(string.bytes());
    }
    return elements;
  }
}
