package dev.piecework.layout;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where a torrent's bytes go: its objects, their parts, and the bundles that move together. */
public final class ObjectLayout {
  /** Smallest size of a part that is not the last: 8 MiB. */
  public static final long MIN_PART_SIZE = 8L << 20;

  /** Longest object key in bytes of UTF-8 (S3). */
  public static final int MAX_KEY_BYTES = 1024;

  private static final long MEBIBYTE = 1L << 20;

  /** Most parts of one object (S3). */
  public static final int MAX_PARTS = 10_000;

  private final Metainfo metainfo;
  private final List<StoredObject> objects;
  private final List<Bundle> bundles;

  private ObjectLayout(Metainfo metainfo, List<StoredObject> objects, List<Bundle> bundles) {
    this.metainfo = metainfo;
    this.objects = List.copyOf(objects);
    this.bundles = List.copyOf(bundles);
  }

  /**
   * Lays out every regular file of a torrent.
   *
   * @param prefix what keys begin with, put in front as it stands: empty, or usually ending in
   *     {@code /}
   * @throws IllegalArgumentException if a key would be longer than 1,024 bytes of UTF-8
   */
  public static ObjectLayout of(Metainfo metainfo, String prefix) {
    return of(metainfo, ObjectKeys.under(prefix));
  }

  /**
   * Lays out every regular file of a torrent.
   *
   * @param keys how keys are made
   * @throws IllegalArgumentException if a key would be longer than 1,024 bytes of UTF-8, or be that
   *     of another file, or no key at all
   */
  public static ObjectLayout of(Metainfo metainfo, ObjectKeys keys) {
    List<StoredObject> objects = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (TorrentFile file : metainfo.files()) {
      if (file.kind() == TorrentFile.Kind.REGULAR) {
        String key = keys.key(metainfo, file);
        if (!taken.add(key)) {
          throw new IllegalArgumentException(
              "file %d would have the key of another file: correct the key template; key: %s"
                  .formatted(file.index(), key));
        }
        objects.add(
            new StoredObject(
                objects.size(),
                file.index(),
                key,
                file.offset(),
                file.length(),
                partSize(file.length())));
      }
    }
    return new ObjectLayout(metainfo, objects, bundles(metainfo, objects));
  }

  /**
   * Bytes of each part but the last of a file of this length: whole MiB, so that few are enough.
   */
  static long partSize(long length) {
    long least = (length + MAX_PARTS - 1) / MAX_PARTS;
    long wholeMebibytes = (least + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
    return Math.max(MIN_PART_SIZE, wholeMebibytes);
  }

  /**
   * Cuts after each 8 MiB of the linear space, not of parts: where pad files lie between small
   * files, their pieces are downloaded too and count for the window.
   */
  private static List<Bundle> bundles(Metainfo metainfo, List<StoredObject> objects) {
    List<Bundle> bundles = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    long start = 0;
    for (StoredObject object : objects) {
      for (int number = 1; number <= object.partCount(); number++) {
        Part part = object.part(number);
        if (parts.isEmpty()) {
          start = part.offset();
        }
        parts.add(part);
        if (part.offset() + part.length() - start >= MIN_PART_SIZE) {
          bundles.add(bundle(metainfo, bundles.size(), parts));
          parts.clear();
        }
      }
    }
    if (!parts.isEmpty()) {
      bundles.add(bundle(metainfo, bundles.size(), parts));
    }
    return bundles;
  }

  private static Bundle bundle(Metainfo metainfo, int index, List<Part> parts) {
    long start = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    for (Part part : parts) {
      if (part.length() > 0) {
        start = Math.min(start, part.offset());
        end = Math.max(end, part.offset() + part.length());
      }
    }
    if (start > end) {
      return new Bundle(index, 0, -1, parts);
    }
    return new Bundle(
        index,
        (int) (start / metainfo.pieceLength()),
        (int) ((end - 1) / metainfo.pieceLength()),
        parts);
  }

  /** The torrent laid out. */
  public Metainfo metainfo() {
    return metainfo;
  }

  /** Objects in linear order: regular files only. */
  public List<StoredObject> objects() {
    return objects;
  }

  /** Bundles in linear order. */
  public List<Bundle> bundles() {
    return bundles;
  }

  /** First piece over a part. */
  public int firstPiece(Part part) {
    return (int) (part.offset() / metainfo.pieceLength());
  }

  /** Last piece over a part, inclusive; less than {@link #firstPiece} for an empty part. */
  public int lastPiece(Part part) {
    return part.length() == 0
        ? firstPiece(part) - 1
        : (int) ((part.offset() + part.length() - 1) / metainfo.pieceLength());
  }

  /** The part of object {@code object} with number {@code number}. */
  public Part part(int object, int number) {
    return objects.get(object).part(number);
  }
}
