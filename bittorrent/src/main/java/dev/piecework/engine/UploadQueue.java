package dev.piecework.engine;

/** Blocks that one peer has asked for and not got, oldest first: a bounded ring. */
final class UploadQueue {
  /** Most requests kept; announced to peers as reqq (BEP 10). */
  static final int CAPACITY = 2000;

  private static final int FIELDS = 3;

  private int[] ring = new int[16 * FIELDS];
  private int head;
  private int size;
  private long steps;

  int size() {
    return size;
  }

  /** Adds a request; false when there are too many. */
  boolean add(int piece, int offset, int length) {
    if (size == CAPACITY) {
      return false;
    }
    if ((size + 1) * FIELDS > ring.length) {
      grow();
    }
    int at = slot(size++);
    ring[at] = piece;
    ring[at + 1] = offset;
    ring[at + 2] = length;
    return true;
  }

  int piece(int index) {
    return ring[slot(index)];
  }

  int offset(int index) {
    return ring[slot(index) + 1];
  }

  int length(int index) {
    return ring[slot(index) + 2];
  }

  void removeFirst() {
    head = (head + FIELDS) % ring.length;
    size--;
  }

  /** Takes a request out; false if it is not there. */
  boolean remove(int piece, int offset, int length) {
    for (int index = 0; index < size; index++) {
      steps++;
      if (piece(index) == piece && offset(index) == offset && length(index) == length) {
        removeAt(index);
        return true;
      }
    }
    return false;
  }

  void removeAt(int index) {
    steps += size - 1 - index;
    for (int i = index; i < size - 1; i++) {
      System.arraycopy(ring, slot(i + 1), ring, slot(i), FIELDS);
    }
    size--;
  }

  /** Requests walked over so far: the measure of what messages cost. */
  long steps() {
    return steps;
  }

  void clear() {
    size = 0;
  }

  private int slot(int index) {
    return (head + index * FIELDS) % ring.length;
  }

  private void grow() {
    int[] larger = new int[Math.min(ring.length * 2, CAPACITY * FIELDS)];
    for (int i = 0; i < size; i++) {
      System.arraycopy(ring, slot(i), larger, i * FIELDS, FIELDS);
    }
    ring = larger;
    head = 0;
  }
}
