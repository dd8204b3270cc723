package dev.piecework.fuzz;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Part;
import dev.piecework.layout.StoredObject;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** Torrent files, and the objects that are laid out for them. */
public final class MetainfoFuzz {
  /**
   * The layout of a torrent of petabytes is bounded by its pieces, not by the fuzzer's patience.
   */
  private static final int MAX_PARTS = 100_000;

  private MetainfoFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Metainfo metainfo;
    try {
      metainfo = MetainfoParser.parse(input);
    } catch (MetainfoException e) {
      Checks.that(!String.valueOf(e.getMessage()).isBlank(), "a refusal without a reason");
      return;
    }
    pieces(metainfo);
    if (metainfo.totalLength() / ObjectLayout.MIN_PART_SIZE < MAX_PARTS) {
      layout(metainfo);
    }
  }

  private static void pieces(Metainfo metainfo) {
    int last = metainfo.pieceCount() - 1;
    if (last >= 0) {
      Checks.that(
          metainfo.pieceOffset(last) + metainfo.pieceLength(last) == metainfo.totalLength(),
          "pieces do not tile the torrent");
      Checks.that(metainfo.pieceHash(last).length == 20, "a hash that is not of SHA-1");
    }
    Checks.that(!metainfo.name().isEmpty(), "a torrent without a name");
  }

  private static void layout(Metainfo metainfo) {
    ObjectLayout layout;
    try {
      layout = ObjectLayout.of(metainfo, "prefix/");
    } catch (IllegalArgumentException e) {
      // Keys that are too long or meet each other are refused like this, with the reason.
      return;
    }
    Set<String> keys = new HashSet<>();
    for (StoredObject object : layout.objects()) {
      key(object.key());
      Checks.that(keys.add(object.key()), "two objects of one key");
    }
    for (Bundle bundle : layout.bundles()) {
      for (Part part : bundle.parts()) {
        Checks.that(
            part.offset() >= 0 && part.offset() + part.length() <= metainfo.totalLength(),
            "a part outside the torrent");
      }
    }
  }

  private static void key(String key) {
    Checks.that(key.startsWith("prefix/"), "a key outside its prefix");
    Checks.that(key.getBytes(StandardCharsets.UTF_8).length <= 1024, "a key that is too long");
    for (String element : key.split("/", -1)) {
      Checks.that(!element.isEmpty(), "an empty path element");
      Checks.that(!element.equals(".") && !element.equals(".."), "a path element of dots");
    }
    Checks.that(key.chars().noneMatch(Character::isISOControl), "a control character in a key");
  }
}
