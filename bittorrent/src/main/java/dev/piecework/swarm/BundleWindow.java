package dev.piecework.swarm;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.Part;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;

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
  private BundleRoom room = (firstPiece, lastPiece, must) -> true;
  private boolean heldBack;

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

  /** Asks this from now on, and tells it of what is open already. */
  void room(BundleRoom asked) {
    room = asked;
    for (int slot = 0; slot < states.length; slot++) {
      if (open(slot)) {
        room.make(first[slot], last[slot], true);
      }
    }
  }

  /** Whether there is room for a bundle; the only one that is open always has it. */
  boolean makeRoom(int slot) {
    boolean must = openCount == 0;
    boolean made = room.make(first[slot], last[slot], must);
    heldBack = !made && !must;
    return !heldBack;
  }

  /** Whether there was no room for the last bundle that was asked about. */
  boolean heldBack() {
    return heldBack && openCount > 0;
  }

  /** There may be room again. Returns whether there was none. */
  boolean roomMade() {
    boolean before = heldBack;
    heldBack = false;
    return before;
  }

  /**
   * The pending bundle with the least key, at random among equals.
   *
   * @param key of a slot; MAX_VALUE for one that must not be taken
   * @return its slot, or -1
   */
  int leastPending(IntUnaryOperator key, RandomGenerator random) {
    int best = -1;
    int bestKey = Integer.MAX_VALUE;
    int equals = 0;
    for (int slot = 0; slot < states.length; slot++) {
      if (states[slot] == State.PENDING) {
        int each = key.applyAsInt(slot);
        if (each < bestKey) {
          best = slot;
          bestKey = each;
          equals = 1;
        } else if (each == bestKey && best >= 0 && random.nextInt(++equals) == 0) {
          best = slot;
        }
      }
    }
    return best;
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
