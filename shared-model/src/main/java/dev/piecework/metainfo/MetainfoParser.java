package dev.piecework.metainfo;

import static dev.piecework.metainfo.InfoFields.fault;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BValue;
import dev.piecework.bencode.BencodeException;
import dev.piecework.bencode.BencodeLimits;
import dev.piecework.bencode.BencodeReader;
import java.util.List;
import java.util.Optional;

/**
 * Reads metainfo files (BEP 3, 12, 19, 27, 47). What is accepted and refused follows libtorrent, so
 * that a torrent that works elsewhere works here; hybrids (BEP 52) are taken as v1 after their v2
 * part has been checked against it.
 */
public final class MetainfoParser {
  /** Most pieces: bounds the bitmaps. */
  public static final int MAX_PIECES = 2_097_152;

  /** Longest piece in bytes: 32767 blocks of 16 KiB. */
  public static final int MAX_PIECE_LENGTH = 32767 * 16384;

  private MetainfoParser() {}

  /**
   * Parses and validates a torrent file. Bytes after the outermost dictionary are ignored, as
   * libtorrent does: files that came over the web often end in a line break.
   *
   * @param torrent the file's bytes, at most 10 MiB
   * @throws MetainfoException with a named error when it cannot be downloaded
   */
  public static Metainfo parse(byte[] torrent) throws MetainfoException {
    BValue root = read(torrent, BencodeLimits.TORRENT_FILE);
    if (!(root instanceof BDictionary dictionary)) {
      throw new MetainfoException(
          MetainfoError.NOT_BENCODED,
          "a torrent file is a bencoded dictionary, found " + root.kind());
    }
    Optional<BDictionary> info = dictionary.dictionary("info");
    if (info.isEmpty()) {
      throw fault(
          MetainfoError.MISSING_INFO,
          "info",
          "expected a dictionary, " + InfoFields.found(dictionary, "info"));
    }
    InfoSection checked = InfoSection.read(info.get(), dictionary.dictionary("piece layers"));
    return checked.metainfo(
        Sources.trackers(dictionary),
        Sources.webSeeds(dictionary, checked.multiFile()),
        text(dictionary, "comment"),
        text(dictionary, "created by"));
  }

  /**
   * By what people recognise a torrent file: its name and info-hash, without the rest being checked
   * or held.
   *
   * @return empty if the file has no such thing, and surely cannot be parsed
   */
  public static Optional<TorrentTitle> title(byte[] torrent) {
    try {
      return read(torrent, BencodeLimits.TORRENT_FILE) instanceof BDictionary dictionary
          ? dictionary.dictionary("info").flatMap(InfoSection::title)
          : Optional.empty();
    } catch (MetainfoException e) {
      return Optional.empty();
    }
  }

  /**
   * Validates an info dictionary that came without its file, from peers (BEP 9).
   *
   * @param info its raw bytes, at most 30 MiB; whether their hash is the wanted one is for the
   *     caller to check
   * @param trackers where it was to be found, each a tier; unusable URLs are left out
   * @param webSeeds likewise
   * @throws MetainfoException with a named error when it cannot be downloaded
   */
  public static Metainfo parseInfo(byte[] info, List<String> trackers, List<String> webSeeds)
      throws MetainfoException {
    BValue root = read(info, BencodeLimits.METADATA);
    if (!(root instanceof BDictionary dictionary) || root.end() != info.length) {
      throw fault(
          MetainfoError.MISSING_INFO,
          "info",
          "expected a dictionary and no more, found %s of %d bytes in %d bytes"
              .formatted(root.kind(), root.end(), info.length));
    }
    InfoSection checked = InfoSection.read(dictionary, Optional.empty());
    return checked.metainfo(
        Sources.tiers(trackers),
        webSeeds.stream()
            .flatMap(url -> Sources.webSeed(url, checked.multiFile()).stream())
            .distinct()
            .limit(Sources.MAX_URLS)
            .toList(),
        Optional.empty(),
        Optional.empty());
  }

  private static BValue read(byte[] bytes, BencodeLimits limits) throws MetainfoException {
    try {
      return BencodeReader.lenient(limits).readFirst(bytes, 0);
    } catch (BencodeException e) {
      throw InfoFields.named(e, "not a torrent file: ");
    }
  }

  private static Optional<String> text(BDictionary torrent, String key) {
    return torrent
        .string(key + ".utf-8")
        .filter(string -> string.length() > 0)
        .or(() -> torrent.string(key))
        .filter(string -> string.length() > 0)
        .map(string -> PathSanitizer.text(string.bytes()));
  }
}
