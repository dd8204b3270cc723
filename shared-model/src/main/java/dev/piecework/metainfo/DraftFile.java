package dev.piecework.metainfo;

import java.util.Optional;

/**
 * A file as a torrent lists it, its path sanitised, before duplicates are renamed and symlinks
 * followed.
 *
 * @param folder where it lies, the torrent's name first; empty for a single file
 * @param name its last path element
 * @param length bytes
 * @param kind what it is
 * @param symlink for a symlink, the sanitised path it names, relative to the torrent or to itself
 * @param root for a v2 file that is not empty, its Merkle root (BEP 52)
 */
record DraftFile(
    String folder,
    String name,
    long length,
    TorrentFile.Kind kind,
    Optional<String> symlink,
    Optional<Sha256> root) {

  static DraftFile regular(String folder, String name, long length) {
    return new DraftFile(
        folder, name, length, TorrentFile.Kind.REGULAR, Optional.empty(), Optional.empty());
  }

  static DraftFile pad(String folder, String name, long length) {
    return new DraftFile(
        folder, name, length, TorrentFile.Kind.PAD, Optional.empty(), Optional.empty());
  }

  String path() {
    return folder.isEmpty() ? name : folder + "/" + name;
  }
}
