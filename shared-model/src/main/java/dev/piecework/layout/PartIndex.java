package dev.piecework.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From pieces to parts: which parts a verified piece completes a bit of. Also numbers all parts of
 * a torrent from 0 in linear order, so that who tracks them needs arrays and no maps. Costs 20
 * bytes for each object; a look-up is a binary search.
 */
public final class PartIndex {
  private final ObjectLayout layout;

  /** First byte of each object in the linear space; never falls. */
  private final long[] offsets;

  private final long[] ends;

  /** Ordinal of each object's first part, and the number of all parts at the end. */
  private final int[] firstOrdinals;

  /** Indexes the parts of a layout. */
  public PartIndex(ObjectLayout layout) {
    this.layout = layout;
    List<StoredObject> objects = layout.objects();
    offsets = new long[objects.size()];
    ends = new long[objects.size()];
    firstOrdinals = new int[objects.size() + 1];
    for (int i = 0; i < objects.size(); i++) {
      StoredObject object = objects.get(i);
      offsets[i] = object.offset();
      ends[i] = object.offset() + object.length();
      firstOrdinals[i + 1] = Math.addExact(firstOrdinals[i], object.partCount());
    }
  }

  /** Number of parts of all objects, those of empty objects included. */
  public int partCount() {
    return firstOrdinals[firstOrdinals.length - 1];
  }

  /** Position of a part among all, from 0 to {@link #partCount()} - 1. */
  public int ordinal(Part part) {
    return firstOrdinals[part.object()] + part.number() - 1;
  }

  /**
   * The part at a position.
   *
   * @param ordinal from 0 to {@link #partCount()} - 1
   */
  public Part part(int ordinal) {
    if (ordinal < 0 || ordinal >= partCount()) {
      throw new IndexOutOfBoundsException("part " + ordinal + " of " + partCount());
    }
    int found = Arrays.binarySearch(firstOrdinals, ordinal);
    int object = found >= 0 ? found : -found - 2;
    return layout.objects().get(object).part(ordinal - firstOrdinals[object] + 1);
  }

  /**
   * The parts that have bytes in a piece, in linear order; none if all of it is padding. Parts of
   * empty objects are over no piece.
   *
   * @param piece from 0 to the torrent's number of pieces - 1
   */
  public List<Part> partsOver(int piece) {
    long start = layout.metainfo().pieceOffset(piece);
    long end = start + layout.metainfo().pieceLength(piece);
    List<Part> parts = new ArrayList<>();
    for (int i = firstEndingAfter(start); i < offsets.length && offsets[i] < end; i++) {
      if (ends[i] > offsets[i]) {
        addParts(layout.objects().get(i), start, end, parts);
      }
    }
    return parts;
  }

  private static void addParts(StoredObject object, long start, long end, List<Part> parts) {
    long first = Math.max(0, start - object.offset()) / object.partSize();
    for (int number = (int) first + 1; number <= object.partCount(); number++) {
      Part part = object.part(number);
      if (part.offset() >= end) {
        return;
      }
      parts.add(part);
    }
  }

  /** Index of the first object that ends after a byte of the linear space. */
  private int firstEndingAfter(long start) {
    int low = 0;
    int high = ends.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] > start) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
