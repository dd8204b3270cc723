package dev.piecework.metainfo;

import java.util.Optional;

/**
 * One file of a torrent: a range of its linear byte space.
 *
 * @param index position in the torrent's own file list, from 0, pad files and symlinks included
 * @param path sanitised path with {@code /} between elements, the torrent's name first where it has
 *     several files: what an object key or a local path ends with
 * @param offset first byte in the linear space
 * @param length bytes, 0 or more; 0 for a symlink
 * @param kind whether anybody stores it
 * @param symlinkTarget for a symlink, the sanitised path of the file or folder of this torrent that
 *     it points at, in the form of {@code path}; empty if it points at nothing in the torrent
 */
public record TorrentFile(
    int index, String path, long offset, long length, Kind kind, Optional<String> symlinkTarget) {

  /** What a file is to us. */
  public enum Kind {
    /** Content to store. */
    REGULAR,
    /**
     * Zeros that align the next file (BEP 47): downloaded where a piece needs them, never stored.
     */
    PAD,
    /** A name for another file of the torrent (BEP 47): never stored, listed in the manifest. */
    SYMLINK
  }
}
