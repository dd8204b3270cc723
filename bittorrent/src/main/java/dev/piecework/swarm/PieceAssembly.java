package dev.piecework.swarm;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One piece being put together from blocks. A block is free, requested (of one peer, in the endgame
 * of several), being received by one peer, or there. Objects are used again for the next piece.
 * Used by the torrent's owner thread alone, except for {@link #buffer} while the piece is checked.
 */
public final class PieceAssembly {
  /** Bytes of every block but a piece's last: everybody's convention. */
  public static final int BLOCK = 16 << 10;

  static final byte FREE = 0;
  static final byte REQUESTED = 1;
  static final byte RECEIVING = 2;
  static final byte RECEIVED = 3;

  private int piece = -1;
  private int length;
  private int blocks;
  private int free;
  private int received;
  private int firstFree;
  private byte[] states = {};
  private byte[] requesters = {};
  private long[] times = {};
  private @Nullable Source[] peers = {};
  private @Nullable ByteBuf buffer;
  private @Nullable Source owner;
  private boolean slow;
  private boolean exclusive;

  void begin(int piece, int length, ByteBuf buffer, Source owner, boolean slow, boolean exclusive) {
    this.piece = piece;
    this.length = length;
    this.buffer = buffer;
    this.owner = owner;
    this.slow = slow;
    this.exclusive = exclusive;
    blocks = (length + BLOCK - 1) / BLOCK;
    if (states.length < blocks) {
      states = new byte[blocks];
      requesters = new byte[blocks];
      times = new long[blocks];
      peers = new @Nullable Source[blocks];
    }
    Arrays.fill(states, 0, blocks, FREE);
    Arrays.fill(requesters, 0, blocks, (byte) 0);
    free = blocks;
    received = 0;
    firstFree = 0;
  }

  /** Lets go of everything; returns the buffer, which is the caller's to give back. */
  ByteBuf end() {
    ByteBuf held = buffer();
    Arrays.fill(peers, 0, blocks, null);
    buffer = null;
    owner = null;
    piece = -1;
    return held;
  }

  /** Its index. */
  public int piece() {
    return piece;
  }

  /** Its bytes. */
  public int length() {
    return length;
  }

  /** Where its bytes are: from 0 to {@link #length()}. */
  public ByteBuf buffer() {
    ByteBuf held = buffer;
    if (held == null) {
      throw new IllegalStateException("this assembly has no piece");
    }
    return held;
  }

  /** Who sent each block, in order; complete once the piece is. */
  List<Source> givers() {
    List<Source> givers = new ArrayList<>(blocks);
    for (int block = 0; block < blocks; block++) {
      Source giver = peers[block];
      if (giver != null) {
        givers.add(giver);
      }
    }
    return givers;
  }

  int blocks() {
    return blocks;
  }

  int blockLength(int block) {
    return Math.min(BLOCK, length - block * BLOCK);
  }

  int free() {
    return free;
  }

  int received() {
    return received;
  }

  boolean whole() {
    return received == blocks;
  }

  byte state(int block) {
    return states[block];
  }

  int requesters(int block) {
    return requesters[block];
  }

  /** When the block was last asked for, or began to arrive. */
  long sinceNanos(int block) {
    return times[block];
  }

  /** Bytes of the blocks that are there. */
  long receivedBytes() {
    long bytes = 0;
    for (int block = 0; block < blocks; block++) {
      bytes += states[block] == RECEIVED ? blockLength(block) : 0;
    }
    return bytes;
  }

  /** Who was asked last, or sends, or has sent the block. */
  @Nullable Source peer(int block) {
    return peers[block];
  }

  @Nullable Source owner() {
    return owner;
  }

  void disown() {
    owner = null;
  }

  void own(Source source, boolean slowly) {
    owner = source;
    slow = slowly;
  }

  boolean slow() {
    return slow;
  }

  boolean exclusive() {
    return exclusive;
  }

  /** The first free block; there must be one. */
  int nextFree() {
    while (states[firstFree] != FREE) {
      firstFree++;
    }
    return firstFree;
  }

  void requested(int block, Source source, long nowNanos) {
    if (states[block] == FREE) {
      states[block] = REQUESTED;
      free--;
    }
    requesters[block]++;
    if (states[block] == REQUESTED) {
      times[block] = nowNanos;
      peers[block] = source;
    }
  }

  /** One of those asked will not send it. */
  void unrequested(int block) {
    requesters[block]--;
    if (requesters[block] == 0 && states[block] == REQUESTED) {
      setFree(block);
    }
  }

  void receiving(int block, Source source, long nowNanos) {
    if (states[block] == FREE) {
      free--;
    }
    states[block] = RECEIVING;
    times[block] = nowNanos;
    peers[block] = source;
  }

  /** Whoever was sending it has stopped half-way. */
  void interrupted(int block) {
    states[block] = REQUESTED;
    if (requesters[block] == 0) {
      setFree(block);
    }
  }

  void received(int block) {
    states[block] = RECEIVED;
    received++;
  }

  private void setFree(int block) {
    states[block] = FREE;
    peers[block] = null;
    free++;
    firstFree = Math.min(firstFree, block);
  }
}
