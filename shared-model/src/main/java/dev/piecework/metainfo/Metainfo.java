package dev.piecework.metainfo;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A validated torrent: whoever holds one may rely on every piece having a hash, on files tiling the
 * linear space from 0 to {@link #totalLength()} without gaps, and on safe paths, distinct for all
 * but pad files. Made by {@link MetainfoParser} only.
 */
public final class Metainfo {
  private final InfoHash infoHash;
  private final String name;
  private final int pieceLength;
  private final long totalLength;
  private final byte[] pieceHashes;
  private final boolean multiFile;
  private final List<TorrentFile> files;
  private final List<List<String>> trackers;
  private final List<String> webSeeds;
  private final boolean privateTorrent;
  private final byte[] rawInfo;
  private final Optional<String> comment;
  private final Optional<String> createdBy;

  Metainfo(
      InfoHash infoHash,
      String name,
      int pieceLength,
      long totalLength,
      byte[] pieceHashes,
      boolean multiFile,
      List<TorrentFile> files,
      List<List<String>> trackers,
      List<String> webSeeds,
      boolean privateTorrent,
      byte[] rawInfo,
      Optional<String> comment,
      Optional<String> createdBy) {
    this.infoHash = infoHash;
    this.name = name;
    this.pieceLength = pieceLength;
    this.totalLength = totalLength;
    this.pieceHashes = pieceHashes;
    this.multiFile = multiFile;
    this.files = List.copyOf(files);
    this.trackers = trackers.stream().map(List::copyOf).toList();
    this.webSeeds = List.copyOf(webSeeds);
    this.privateTorrent = privateTorrent;
    this.rawInfo = rawInfo;
    this.comment = comment;
    this.createdBy = createdBy;
  }

  /** SHA-1 of the raw info dictionary (BEP 3). */
  public InfoHash infoHash() {
    return infoHash;
  }

  /** Sanitised name: the file's, or the folder's where there are several files. */
  public String name() {
    return name;
  }

  /** Bytes in every piece but the last. */
  public int pieceLength() {
    return pieceLength;
  }

  /** Bytes of all files, pad files included. */
  public long totalLength() {
    return totalLength;
  }

  /** Number of pieces, at least 1. */
  public int pieceCount() {
    return pieceHashes.length / InfoHash.LENGTH;
  }

  /**
   * Bytes in one piece; the last may be shorter.
   *
   * @param piece from 0 to {@link #pieceCount()} - 1
   */
  public int pieceLength(int piece) {
    if (piece < 0 || piece >= pieceCount()) {
      throw new IndexOutOfBoundsException("piece " + piece + " of " + pieceCount());
    }
    return (int) Math.min(pieceLength, totalLength - (long) piece * pieceLength);
  }

  /** First byte of a piece in the linear space. */
  public long pieceOffset(int piece) {
    return (long) piece * pieceLength;
  }

  /** A copy of the 20 bytes of SHA-1 that a piece must have. */
  public byte[] pieceHash(int piece) {
    byte[] hash = new byte[InfoHash.LENGTH];
    System.arraycopy(pieceHashes, piece * InfoHash.LENGTH, hash, 0, InfoHash.LENGTH);
    return hash;
  }

  /** Whether {@code sha1} (20 bytes) is the hash of {@code piece}. */
  public boolean matches(int piece, byte[] sha1) {
    int at = piece * InfoHash.LENGTH;
    return Arrays.equals(pieceHashes, at, at + InfoHash.LENGTH, sha1, 0, InfoHash.LENGTH);
  }

  /** Whether the info dictionary has a file list, so that {@link #name()} is a folder. */
  public boolean multiFile() {
    return multiFile;
  }

  /** All files in linear order, pad files and symlinks included. */
  public List<TorrentFile> files() {
    return files;
  }

  /** Announce URLs in tiers as received (BEP 12), empty tiers and duplicates removed. */
  public List<List<String>> trackers() {
    return trackers;
  }

  /** Web seed URLs (BEP 19). */
  public List<String> webSeeds() {
    return webSeeds;
  }

  /** Whether peers may come from its trackers alone (BEP 27). */
  public boolean privateTorrent() {
    return privateTorrent;
  }

  /** A copy of the raw info dictionary as received. */
  public byte[] rawInfo() {
    return rawInfo.clone();
  }

  /** Free text of whoever made the torrent. */
  public Optional<String> comment() {
    return comment;
  }

  /** The program that made the torrent. */
  public Optional<String> createdBy() {
    return createdBy;
  }
}
