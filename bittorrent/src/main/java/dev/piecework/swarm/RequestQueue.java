package dev.piecework.swarm;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Requests that one peer has not answered, oldest first: a ring, as answers come nearly always in
 * order. Allocates only to grow.
 */
final class RequestQueue {
  private @Nullable PieceAssembly[] assemblies = new @Nullable PieceAssembly[16];
  private int[] blocks = new int[16];
  private long[] times = new long[16];
  private int head;
  private int size;
  private long steps;

  int size() {
    return size;
  }

  void add(PieceAssembly assembly, int block, long nowNanos) {
    if (size == blocks.length) {
      grow();
    }
    int at = slot(size++);
    assemblies[at] = assembly;
    blocks[at] = block;
    times[at] = nowNanos;
  }

  PieceAssembly assembly(int index) {
    PieceAssembly assembly = assemblies[slot(index)];
    if (assembly == null) {
      throw new IndexOutOfBoundsException("request " + index + " of " + size);
    }
    return assembly;
  }

  int block(int index) {
    return blocks[slot(index)];
  }

  long requestedAtNanos(int index) {
    return times[slot(index)];
  }

  /** The position of a request, or -1. */
  int find(int piece, int block) {
    for (int index = 0; index < size; index++) {
      steps++;
      if (block(index) == block && assembly(index).piece() == piece) {
        return index;
      }
    }
    return -1;
  }

  void remove(int index) {
    // The older ones move up: mostly there are none.
    steps += index;
    for (int i = index; i > 0; i--) {
      int to = slot(i);
      int from = slot(i - 1);
      assemblies[to] = assemblies[from];
      blocks[to] = blocks[from];
      times[to] = times[from];
    }
    assemblies[head] = null;
    head = slot(1);
    size--;
  }

  /** Requests walked over so far. */
  long steps() {
    return steps;
  }

  private int slot(int index) {
    return (head + index) & (blocks.length - 1);
  }

  private void grow() {
    int capacity = blocks.length;
    @Nullable PieceAssembly[] newAssemblies = new @Nullable PieceAssembly[capacity * 2];
    int[] newBlocks = new int[capacity * 2];
    long[] newTimes = new long[capacity * 2];
    for (int i = 0; i < size; i++) {
      int from = slot(i);
      newAssemblies[i] = assemblies[from];
      newBlocks[i] = blocks[from];
      newTimes[i] = times[from];
    }
    assemblies = newAssemblies;
    blocks = newBlocks;
    times = newTimes;
    head = 0;
  }

  @Override
  public String toString() {
    return size + " requests " + Arrays.toString(blocks);
  }
}
