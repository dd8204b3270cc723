package dev.piecework.testkit;

import dev.piecework.metainfo.InfoHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A torrent together with the content it was made from. Made by {@link TorrentMaker}. */
public final class TestTorrent {
  private final Path content;
  private final byte[] info;
  private final InfoHash infoHash;
  private final long totalBytes;
  private final int pieceBytes;
  private final List<List<String>> trackers;
  private final List<String> webSeeds;

  TestTorrent(
      Path content,
      byte[] info,
      InfoHash infoHash,
      long totalBytes,
      int pieceBytes,
      List<List<String>> trackers,
      List<String> webSeeds) {
    this.content = content;
    this.info = info;
    this.infoHash = infoHash;
    this.totalBytes = totalBytes;
    this.pieceBytes = pieceBytes;
    this.trackers = trackers.stream().map(List::copyOf).toList();
    this.webSeeds = List.copyOf(webSeeds);
  }

  /** The .torrent file's bytes. */
  public byte[] metainfo() {
    Map<String, Object> torrent = new LinkedHashMap<>();
    if (!trackers.isEmpty()) {
      torrent.put("announce", trackers.getFirst().getFirst());
      torrent.put("announce-list", trackers);
    }
    if (!webSeeds.isEmpty()) {
      torrent.put("url-list", webSeeds);
    }
    torrent.put("created by", "piecework testkit");
    torrent.put("info", new Bencoding.Raw(info));
    return Bencoding.encode(torrent);
  }

  /** SHA-1 of the info dictionary. */
  public InfoHash infoHash() {
    return infoHash;
  }

  /** The torrent's name: that of the file or folder it was made from. */
  public String name() {
    return String.valueOf(content.getFileName());
  }

  /** The file or folder it was made from. */
  public Path content() {
    return content;
  }

  /** The folder a seeder is told to find the content in: the parent of {@link #content}. */
  public Path contentParent() {
    Path parent = content.getParent();
    if (parent == null) {
      throw new IllegalStateException("content without a folder: " + content);
    }
    return parent;
  }

  /** Bytes of the linear space, pad files included. */
  public long totalBytes() {
    return totalBytes;
  }

  /** Bytes of every piece but the last. */
  public int pieceBytes() {
    return pieceBytes;
  }

  /** Number of pieces. */
  public int pieces() {
    return (int) Math.ceilDiv(totalBytes, (long) pieceBytes);
  }

  /** The same torrent (same info-hash), announced to these trackers, one tier, instead. */
  public TestTorrent withTrackers(String... urls) {
    List<List<String>> tiers = urls.length == 0 ? List.of() : List.of(List.of(urls));
    return new TestTorrent(content, info, infoHash, totalBytes, pieceBytes, tiers, webSeeds);
  }

  /** Writes the .torrent file; returns {@code file}. */
  public Path write(Path file) {
    try {
      return Files.write(file, metainfo());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
