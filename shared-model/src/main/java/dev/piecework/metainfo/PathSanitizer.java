package dev.piecework.metainfo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes names that strangers chose safe as object keys and as file names.
 *
 * <p>Of each element: separators ({@code /} and {@code \}), zero-width and bidirectional code
 * points are dropped, because they make one name look like another; control characters and each
 * invalid UTF-8 sequence become {@code _}; an element is cut at 240 bytes, keeping a short
 * extension; trailing dots and spaces go, because some file systems drop them silently. An element
 * of which dropping leaves nothing, {@code .} or {@code ..} vanishes; one that was empty, or is
 * nothing but trailing dots and spaces, becomes {@code _}. So no element of the result is empty,
 * {@code .} or {@code ..}, and none has a separator: a path cannot leave its folder.
 */
final class PathSanitizer {
  private static final int CUT_BYTES = 240;

  /** Longest extension kept behind a cut, its dot included. */
  private static final int EXTENSION_BYTES = 9;

  private PathSanitizer() {}

  /**
   * A torrent's name.
   *
   * @return empty if nothing is left of it, so that the info-hash must stand in
   */
  static Optional<String> name(byte[] name) {
    String clean = clean(name);
    return vanishes(clean) ? Optional.empty() : Optional.of(trim(clean));
  }

  /**
   * A path below the torrent's name.
   *
   * @param elements as received
   * @return at least one element
   */
  static List<String> path(List<byte[]> elements) {
    List<String> path = new ArrayList<>(elements.size());
    for (byte[] element : elements) {
      element(element).ifPresent(path::add);
    }
    if (path.isEmpty()) {
      path.add("_");
    }
    return path;
  }

  /**
   * One element of a path.
   *
   * @return empty if it vanishes
   */
  static Optional<String> element(byte[] element) {
    if (element.length == 0) {
      return Optional.of("_");
    }
    String clean = clean(element);
    return vanishes(clean) ? Optional.empty() : Optional.of(trim(clean));
  }

  private static boolean vanishes(String clean) {
    return clean.isEmpty() || clean.equals(".") || clean.equals("..");
  }

  private static String trim(String clean) {
    int end = clean.length();
    while (end > 0 && (clean.charAt(end - 1) == '.' || clean.charAt(end - 1) == ' ')) {
      end--;
    }
    return end == 0 ? "_" : clean.substring(0, end);
  }

  private static String clean(byte[] element) {
    StringBuilder clean = new StringBuilder(Math.min(element.length, CUT_BYTES + 16));
    int kept = 0;
    boolean cut = false;
    int at = 0;
    while (at < element.length) {
      int sequence = Utf8.sequenceLength(element, at);
      int codePoint = Utf8.codePoint(element, at);
      at += sequence;
      if (codePoint >= 0 && dropped(codePoint)) {
        continue;
      }
      if (codePoint < 0 || Character.isISOControl(codePoint)) {
        clean.append('_');
        kept++;
        continue;
      }
      clean.appendCodePoint(codePoint);
      kept += sequence;
      if (kept >= CUT_BYTES && !cut) {
        int dot = extension(element, at);
        if (dot < 0) {
          break;
        }
        cut = true;
        at = dot;
      }
    }
    return clean.toString();
  }

  /** Where a short extension begins at the end of the element, not before {@code from}; or -1. */
  private static int extension(byte[] element, int from) {
    for (int at = element.length - 1;
        at >= Math.max(element.length - EXTENSION_BYTES, from);
        at--) {
      if (element[at] == '.') {
        return at;
      }
    }
    return -1;
  }

  private static boolean dropped(int codePoint) {
    return codePoint == '/'
        || codePoint == '\\'
        || codePoint == 0x061c
        || (codePoint >= 0x200b && codePoint <= 0x200f)
        || (codePoint >= 0x202a && codePoint <= 0x202e)
        || (codePoint >= 0x2060 && codePoint <= 0x2064)
        || (codePoint >= 0x2066 && codePoint <= 0x2069)
        || codePoint == 0xfeff;
  }

  /** Text for people, such as a comment: invalid UTF-8 becomes {@code _}. */
  static String text(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int at = 0; at < bytes.length; at += Utf8.sequenceLength(bytes, at)) {
      int codePoint = Utf8.codePoint(bytes, at);
      text.appendCodePoint(codePoint < 0 ? '_' : codePoint);
    }
    return text.toString();
  }
}
