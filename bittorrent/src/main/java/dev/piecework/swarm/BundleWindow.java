package dev.piecework.swarm;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.Part;
import java.util.BitSet;
import java.util.List;

/**
 * Which bundles are open: the bound on what is downloaded but not yet durable. A bundle goes from
 * pending to open to done, or from pending straight to done. Used by the torrent's owner thread
 * alone.
 */
final class BundleWindow {
  private enum State {
    PENDING,
    OPEN,
    DONE
  }

  // Bundles without a byte need no piece and are left out, so that first and last pieces ascend.
  private final int[] indexes;
  private final int[] first;
  private final int[] last;
  private final long[] bytes;
  private final State[] states;
  private final int[] slotOfIndex;
  private int openCount;
  private long openBytes;

  BundleWindow(List<Bundle> bundles, BitSet done) {
    List<Bundle> withPieces =
        bundles.stream().filter(b -> b.lastPiece() >= b.firstPiece()).toList();
    int size = withPieces.size();
    indexes = new int[size];
    first = new int[size];
    last = new int[size];
    bytes = new long[size];
    states = new State[size];
    slotOfIndex = new int[bundles.stream().mapToInt(Bundle::index).max().orElse(-1) + 1];
    java.util.Arrays.fill(slotOfIndex, -1);
    for (int slot = 0; slot < size; slot++) {
      Bundle bundle = withPieces.get(slot);
      indexes[slot] = bundle.index();
      first[slot] = bundle.firstPiece();
      last[slot] = bundle.lastPiece();
      bytes[slot] = bundle.parts().stream().mapToLong(Part::length).sum();
      states[slot] = done.get(bundle.index()) ? State.DONE : State.PENDING;
      slotOfIndex[bundle.index()] = slot;
    }
  }

  /** Slots: bundles that have pieces, in linear order. */
  int size() {
    return indexes.length;
  }

  /** The slot of a bundle's index, or -1 if it has no pieces or does not exist. */
  int slot(int bundle) {
    return bundle >= 0 && bundle < slotOfIndex.length ? slotOfIndex[bundle] : -1;
  }

  int firstPiece(int slot) {
    return first[slot];
  }

  int lastPiece(int slot) {
    return last[slot];
  }

  boolean pending(int slot) {
    return states[slot] == State.PENDING;
  }

  boolean open(int slot) {
    return states[slot] == State.OPEN;
  }

  boolean done(int slot) {
    return states[slot] == State.DONE;
  }

  int openCount() {
    return openCount;
  }

  long openBytes() {
    return openBytes;
  }

  void begin(int slot) {
    if (states[slot] != State.PENDING) {
      throw new IllegalStateException("bundle " + indexes[slot] + " is " + states[slot]);
    }
    states[slot] = State.OPEN;
    openCount++;
    openBytes += bytes[slot];
  }

  void finish(int slot) {
    if (states[slot] == State.OPEN) {
      openCount--;
      openBytes -= bytes[slot];
    }
    states[slot] = State.DONE;
  }

  /** Whether a bundle that is not done needs this piece. */
  boolean wants(int piece) {
    for (int slot = firstCovering(piece); slot < first.length && first[slot] <= piece; slot++) {
      if (states[slot] != State.DONE) {
        return true;
      }
    }
    return false;
  }

  /** Whether an open bundle needs this piece. */
  boolean inOpen(int piece) {
    for (int slot = firstCovering(piece); slot < first.length && first[slot] <= piece; slot++) {
      if (states[slot] == State.OPEN) {
        return true;
      }
    }
    return false;
  }

  /** The first slot whose last piece is not before this one. */
  private int firstCovering(int piece) {
    int low = 0;
    int high = last.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (last[middle] < piece) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
