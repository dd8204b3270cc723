package dev.piecework.metainfo;

import static dev.piecework.metainfo.InfoFields.fault;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BencodeException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * A checked info dictionary.
 *
 * @param files of the v1 part, in linear order
 */
record InfoSection(
    BDictionary dictionary,
    InfoHash infoHash,
    String name,
    int pieceLength,
    FileList files,
    BString pieceHashes,
    boolean multiFile) {
  private static final int MIN_V2_PIECE_LENGTH = 16384;

  /** Name and info-hash, whatever the rest is. */
  static Optional<TorrentTitle> title(BDictionary info) {
    InfoHash infoHash = InfoHash.of(sha1(info.raw()));
    return rawName(info)
        .map(name -> PathSanitizer.name(name.bytes()).orElse(infoHash.hex()))
        .map(name -> new TorrentTitle(name, infoHash));
  }

  private static Optional<BString> rawName(BDictionary info) {
    return info.string("name.utf-8").or(() -> info.string("name"));
  }

  /** Checks in the order in which libtorrent does, so that the first error is the same. */
  static InfoSection read(BDictionary info, Optional<BDictionary> pieceLayers)
      throws MetainfoException {
    InfoHash infoHash = InfoHash.of(sha1(info.raw()));
    boolean v2 = version(info) == 2;
    int pieceLength = checkedPieceLength(info, v2);
    Optional<BString> rawName = rawName(info);
    if (rawName.isEmpty()) {
      throw fault(
          MetainfoError.MISSING_NAME,
          "info.name",
          "expected a string, " + InfoFields.found(info, "name"));
    }
    Optional<String> cleanName = PathSanitizer.name(rawName.get().bytes());
    String name = cleanName.orElse(infoHash.hex());
    boolean multiFile = info.list("files").isPresent();
    Optional<FileList> tree = tree(info, v2, name, multiFile, pieceLength);
    boolean v1 = multiFile || !v2 || info.find("length").isPresent();
    FileList files;
    if (multiFile) {
      files = FileListReader.several(info.list("files").orElseThrow(), name);
    } else if (v1) {
      files = FileListReader.single(info, cleanName);
    } else {
      files = tree.orElseThrow();
    }
    if (tree.isPresent() && files.files().isEmpty()) {
      v1 = false;
      files = tree.get();
    }
    if (files.files().isEmpty()) {
      throw fault(MetainfoError.NO_FILES, "info.files", "empty, expected at least one file");
    }
    if (tree.isPresent() && v1) {
      HybridCheck.check(files, tree.get());
    }
    Optional<BString> hashes = pieceHashes(info, files.totalLength(), pieceLength, v1);
    if (tree.isPresent() && pieceLayers.isPresent()) {
      PieceLayers.check(pieceLayers.get(), tree.get(), pieceLength);
    }
    if (!v1 || hashes.isEmpty()) {
      throw fault(
          MetainfoError.V2_ONLY,
          "info",
          "only v2 hashes (BEP 52), expected info.pieces as v1 or hybrid torrents have it");
    }
    return new InfoSection(info, infoHash, name, pieceLength, files, hashes.get(), multiFile);
  }

  private static long version(BDictionary info) throws MetainfoException {
    long version = info.anyInteger("meta version").orElse(1L);
    if (version > 2) {
      throw fault(MetainfoError.INVALID_V2, "info.meta version", version + ", expected 2 at most");
    }
    if (info.anyInteger("meta version").isPresent() && version > 0) {
      try {
        info.requireCanonical();
      } catch (BencodeException e) {
        throw InfoFields.named(e, "info with a meta version must be canonical bencoding: ");
      }
    }
    return version;
  }

  private static int checkedPieceLength(BDictionary info, boolean v2) throws MetainfoException {
    Optional<Long> length = info.integer("piece length");
    if (length.isEmpty()) {
      throw fault(
          MetainfoError.INVALID_PIECE_LENGTH,
          "info.piece length",
          "expected an integer, " + InfoFields.found(info, "piece length"));
    }
    long value = length.get();
    if (value < 1 || value > MetainfoParser.MAX_PIECE_LENGTH) {
      throw fault(
          MetainfoError.INVALID_PIECE_LENGTH,
          "info.piece length",
          "%d bytes, expected 1 to %d".formatted(value, MetainfoParser.MAX_PIECE_LENGTH));
    }
    if (v2 && (value < MIN_V2_PIECE_LENGTH || Long.bitCount(value) != 1)) {
      throw fault(
          MetainfoError.INVALID_PIECE_LENGTH,
          "info.piece length",
          "%d bytes, with v2 expected a power of two of at least %d"
              .formatted(value, MIN_V2_PIECE_LENGTH));
    }
    return (int) value;
  }

  private static Optional<FileList> tree(
      BDictionary info, boolean v2, String name, boolean multiFile, int pieceLength)
      throws MetainfoException {
    Optional<BDictionary> tree = info.dictionary("file tree");
    if (!v2) {
      if (tree.isPresent()) {
        throw fault(MetainfoError.INVALID_V2, "info.meta version", "expected 2 beside a file tree");
      }
      return Optional.empty();
    }
    if (tree.isEmpty()) {
      throw fault(
          MetainfoError.INVALID_V2,
          "info.file tree",
          "expected a dictionary, " + InfoFields.found(info, "file tree"));
    }
    return Optional.of(FileTreeReader.read(tree.get(), name, multiFile, pieceLength));
  }

  private static Optional<BString> pieceHashes(
      BDictionary info, long totalLength, int pieceLength, boolean v1) throws MetainfoException {
    long pieces = (totalLength + pieceLength - 1) / pieceLength;
    if (pieces > MetainfoParser.MAX_PIECES) {
      throw fault(
          MetainfoError.LIMIT_EXCEEDED,
          "info.piece length",
          "%d bytes in pieces of %d would be %d pieces, at most %d are accepted"
              .formatted(totalLength, pieceLength, pieces, MetainfoParser.MAX_PIECES));
    }
    Optional<BString> hashes = info.string("pieces");
    if (hashes.isEmpty() && v1 && info.anyInteger("meta version").orElse(1L) < 2) {
      throw fault(
          MetainfoError.MISSING_PIECES,
          "info.pieces",
          "expected a string, " + InfoFields.found(info, "pieces"));
    }
    if (hashes.isPresent() && hashes.get().length() != pieces * InfoHash.LENGTH) {
      throw fault(
          MetainfoError.INVALID_PIECES,
          "info.pieces",
          "%d bytes, expected %d hashes of %d bytes for %d bytes in pieces of %d"
              .formatted(hashes.get().length(), pieces, InfoHash.LENGTH, totalLength, pieceLength));
    }
    if (totalLength == 0) {
      throw fault(MetainfoError.INVALID_LENGTH, "info", "all files are empty: nothing to download");
    }
    return hashes;
  }

  Metainfo metainfo(
      List<List<String>> trackers,
      List<String> webSeeds,
      Optional<String> comment,
      Optional<String> createdBy) {
    return new Metainfo(
        infoHash,
        name,
        pieceLength,
        files.totalLength(),
        pieceHashes.bytes(),
        multiFile,
        FinalFiles.of(files, name),
        trackers,
        webSeeds,
        dictionary.anyInteger("private").orElse(0L) != 0,
        dictionary.raw(),
        comment,
        createdBy);
  }

  private static byte[] sha1(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
