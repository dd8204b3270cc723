package dev.piecework.swarm;

import dev.piecework.metainfo.Metainfo;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pieces in work: which there are, which have blocks that nobody was asked for, and the memory
 * they use. Every change of a block's state that touches these lists goes through here.
 */
final class Assemblies {
  private final Metainfo metainfo;
  private final PieceBuffers.Account buffers;
  private final List<PieceAssembly> active = new ArrayList<>();
  private final List<PieceAssembly> withFree = new ArrayList<>();
  private final Deque<PieceAssembly> spare = new ArrayDeque<>();
  private boolean refused;
  private long steps;
  private boolean closed;

  Assemblies(Metainfo metainfo, PieceBuffers.Account buffers) {
    this.metainfo = metainfo;
    this.buffers = buffers;
  }

  /** Pieces in work, oldest first. */
  List<PieceAssembly> active() {
    return active;
  }

  /** Pieces in work walked over so far. */
  long steps() {
    return steps;
  }

  /** Of those, the ones with blocks that nobody was asked for. */
  List<PieceAssembly> withFree() {
    steps += withFree.size();
    return withFree;
  }

  /** Whether the last {@link #begin} found no memory. */
  boolean refused() {
    return refused;
  }

  @Nullable PieceAssembly find(int piece) {
    for (int i = 0; i < active.size(); i++) {
      steps++;
      if (active.get(i).piece() == piece) {
        return active.get(i);
      }
    }
    return null;
  }

  /** Begins a piece, unless there is no memory for it. */
  @Nullable PieceAssembly begin(int piece, Source owner, boolean exclusive) {
    Optional<ByteBuf> buffer = buffers.acquire(metainfo.pieceLength(piece));
    refused = buffer.isEmpty();
    if (buffer.isEmpty()) {
      return null;
    }
    PieceAssembly assembly = spare.isEmpty() ? new PieceAssembly() : spare.pop();
    assembly.begin(piece, metainfo.pieceLength(piece), buffer.get(), owner, !owner.fast, exclusive);
    active.add(assembly);
    withFree.add(assembly);
    return assembly;
  }

  void requested(PieceAssembly assembly, int block, Source source, long nowNanos) {
    boolean hadFree = assembly.free() > 0;
    assembly.requested(block, source, nowNanos);
    leaveIfNoneFree(assembly, hadFree);
  }

  void receiving(PieceAssembly assembly, int block, Source source, long nowNanos) {
    boolean hadFree = assembly.free() > 0;
    assembly.receiving(block, source, nowNanos);
    leaveIfNoneFree(assembly, hadFree);
  }

  private void leaveIfNoneFree(PieceAssembly assembly, boolean hadFree) {
    if (hadFree && assembly.free() == 0) {
      withFree.remove(assembly);
    }
  }

  /** One of those who were asked for a block will not send it. */
  void unrequested(PieceAssembly assembly, int block) {
    boolean noneFree = assembly.free() == 0;
    assembly.unrequested(block);
    if (noneFree && assembly.free() > 0) {
      withFree.add(assembly);
    }
  }

  /** Whoever was sending a block has stopped half-way. */
  void interrupted(PieceAssembly assembly, int block) {
    boolean noneFree = assembly.free() == 0;
    assembly.interrupted(block);
    if (noneFree && assembly.free() > 0) {
      withFree.add(assembly);
    }
  }

  /** A piece is no longer in work: it is whole, or given up. */
  void leave(PieceAssembly assembly) {
    active.remove(assembly);
    withFree.remove(assembly);
  }

  /** Nobody has a piece to himself that this peer had. */
  void disown(Source source) {
    steps += active.size();
    for (int i = 0; i < active.size(); i++) {
      if (active.get(i).owner() == source) {
        active.get(i).disown();
      }
    }
  }

  /**
   * Whether a piece that nobody works on is better given up: it holds memory, and nothing is lost
   * by it, or it has to come from one peer as a whole, or others wait for the memory.
   */
  boolean idle(PieceAssembly assembly) {
    return assembly.owner() == null
        && assembly.free() == assembly.blocks() - assembly.received()
        && (assembly.received() == 0 || assembly.exclusive() || buffers.othersWait());
  }

  /** Gives the memory of a piece back that has left. */
  void recycle(PieceAssembly assembly) {
    buffers.release(assembly.end());
    if (!closed) {
      spare.push(assembly);
    }
  }

  /** Gives the memory of all pieces in work back. */
  void close() {
    closed = true;
    for (PieceAssembly each : active) {
      buffers.release(each.end());
    }
    active.clear();
    withFree.clear();
    spare.clear();
  }
}
