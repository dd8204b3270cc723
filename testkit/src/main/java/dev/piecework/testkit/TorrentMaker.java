package dev.piecework.testkit;

import dev.piecework.metainfo.InfoHash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Makes v1 torrents (BEP 3, 12, 19, 27, 47) from a file or a folder. */
public final class TorrentMaker {
  private final Path content;
  private int pieceBytes = 256 * 1024;
  private final List<List<String>> trackers = new ArrayList<>();
  private final List<String> webSeeds = new ArrayList<>();
  private boolean privateTorrent;
  private boolean padFiles;

  private TorrentMaker(Path content) {
    this.content = content.toAbsolutePath();
  }

  /** Starts with a file (a single-file torrent) or a folder (files in order of their paths). */
  public static TorrentMaker of(Path content) {
    return new TorrentMaker(content);
  }

  /** Piece length in bytes; 256 KiB unless given. */
  public TorrentMaker pieceBytes(int bytes) {
    this.pieceBytes = bytes;
    return this;
  }

  /** Adds one tier of announce URLs (BEP 12). */
  public TorrentMaker tier(String... urls) {
    trackers.add(List.of(urls));
    return this;
  }

  /** Adds a web seed (BEP 19). */
  public TorrentMaker webSeed(String url) {
    webSeeds.add(url);
    return this;
  }

  /** Marks it private (BEP 27). */
  public TorrentMaker privateTorrent() {
    this.privateTorrent = true;
    return this;
  }

  /** Aligns every file to a piece by pad files (BEP 47). */
  public TorrentMaker padFiles() {
    this.padFiles = true;
    return this;
  }

  /** Reads the content, hashes it, and makes the torrent. */
  public TestTorrent make() {
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("name", String.valueOf(content.getFileName()));
    info.put("piece length", pieceBytes);
    if (privateTorrent) {
      info.put("private", 1);
    }
    PieceHasher hasher = new PieceHasher(pieceBytes);
    if (Files.isDirectory(content)) {
      info.put("files", hashFolder(hasher));
    } else {
      info.put("length", hasher.file(content));
    }
    info.put("pieces", hasher.finish());
    byte[] encoded = Bencoding.encode(info);
    return new TestTorrent(
        content,
        encoded,
        InfoHash.of(sha1().digest(encoded)),
        hasher.total,
        pieceBytes,
        trackers,
        webSeeds);
  }

  private List<Object> hashFolder(PieceHasher hasher) {
    List<Object> entries = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(content)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + content, e);
    }
    for (Path file : files) {
      long gap = Math.floorMod(-hasher.total, (long) pieceBytes);
      if (padFiles && gap > 0 && file.toFile().length() > 0) {
        hasher.zeros(gap);
        entries.add(
            Map.of("length", gap, "path", List.of(".pad", String.valueOf(gap)), "attr", "p"));
      }
      List<String> path = new ArrayList<>();
      content.relativize(file).forEach(element -> path.add(element.toString()));
      entries.add(Map.of("length", hasher.file(file), "path", path));
    }
    return entries;
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  private static final class PieceHasher {
    private final byte[] piece;
    private final MessageDigest digest = sha1();
    private final ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    private int filled;
    private long total;

    PieceHasher(int pieceBytes) {
      this.piece = new byte[pieceBytes];
    }

    long file(Path file) {
      long before = total;
      try (InputStream in = Files.newInputStream(file)) {
        while (true) {
          int read = in.read(piece, filled, piece.length - filled);
          if (read < 0) {
            return total - before;
          }
          advance(read);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file, e);
      }
    }

    void zeros(long count) {
      java.util.Arrays.fill(piece, filled, filled + (int) count, (byte) 0);
      advance((int) count);
    }

    byte[] finish() {
      if (filled > 0) {
        digestPiece();
      }
      return hashes.toByteArray();
    }

    private void advance(int bytes) {
      filled += bytes;
      total += bytes;
      if (filled == piece.length) {
        digestPiece();
      }
    }

    private void digestPiece() {
      digest.update(piece, 0, filled);
      hashes.writeBytes(digest.digest());
      filled = 0;
    }
  }
}
