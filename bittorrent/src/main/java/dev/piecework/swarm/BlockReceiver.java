package dev.piecework.swarm;

import dev.piecework.metainfo.Metainfo;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Where a block's bytes go while they arrive: straight into the piece. Of two peers that send the
 * same block, the first one writes, unless it takes so long that the other was asked for that
 * reason. A block that was given up for lost is still taken if it is needed.
 */
final class BlockReceiver {

  /** An answer within this time shows that a peer is not late any more. */
  private static final long QUICK_NANOS = 1_000_000_000L;

  private final Metainfo metainfo;
  private final Assemblies assemblies;
  private long receivedBytes;
  private long wastedBytes;

  BlockReceiver(Metainfo metainfo, Assemblies assemblies) {
    this.metainfo = metainfo;
    this.assemblies = assemblies;
  }

  long receivedBytes() {
    return receivedBytes;
  }

  long wastedBytes() {
    return wastedBytes;
  }

  /** Bytes that had been taken have turned out useless. */
  void wasted(long bytes) {
    wastedBytes += bytes;
  }

  Download.Verdict start(Source source, int piece, int offset, int length, long nowNanos) {
    source.receiving = null;
    source.receivingAsked = false;
    if (piece < 0 || piece >= metainfo.pieceCount() || offset < 0) {
      return Download.Verdict.REFUSED;
    }
    int block = offset / PieceAssembly.BLOCK;
    boolean aligned = offset == block * PieceAssembly.BLOCK;
    int index = source.queue.find(piece, block);
    PieceAssembly assembly;
    if (index >= 0) {
      assembly = source.queue.assembly(index);
      if (!aligned || length != assembly.blockLength(block)) {
        return Download.Verdict.REFUSED;
      }
      source.receivingAsked = true;
      source.receivingRequestedAt = source.queue.requestedAtNanos(index);
      source.queue.remove(index);
    } else {
      if (--source.strays < 0) {
        return Download.Verdict.REFUSED;
      }
      assembly = assemblies.find(piece);
      if (assembly == null
          || (assembly.exclusive() && assembly.owner() != source)
          || !aligned
          || block >= assembly.blocks()
          || length != assembly.blockLength(block)) {
        return Download.Verdict.WASTED;
      }
    }
    if (!mayWrite(assembly, block, nowNanos)) {
      if (source.receivingAsked) {
        assemblies.unrequested(assembly, block);
      }
      return Download.Verdict.WASTED;
    }
    assemblies.receiving(assembly, block, source, nowNanos);
    source.receiving = assembly;
    source.receivingBlock = block;
    source.receivingOffset = offset;
    return Download.Verdict.TAKEN;
  }

  private boolean mayWrite(PieceAssembly assembly, int block, long nowNanos) {
    byte state = assembly.state(block);
    if (state == PieceAssembly.RECEIVING
        && nowNanos - assembly.sinceNanos(block) >= Endgame.SLOW_NANOS) {
      Source stalled = assembly.peer(block);
      if (stalled != null && stalled.receiving == assembly) {
        stalled.receiving = null;
        if (stalled.receivingAsked) {
          assemblies.unrequested(assembly, block);
        }
      }
      return true;
    }
    return state == PieceAssembly.FREE || state == PieceAssembly.REQUESTED;
  }

  void bytes(Source source, ByteBuf from, int count) {
    receivedBytes += count;
    source.receivedBytes += count;
    PieceAssembly assembly = source.receiving;
    if (assembly == null) {
      wastedBytes += count;
      from.skipBytes(count);
    } else {
      assembly.buffer().setBytes(source.receivingOffset, from, count);
      source.receivingOffset += count;
    }
  }

  /** Returns the piece whose block {@link Source#receivingBlock} is there now, if it was taken. */
  @Nullable PieceAssembly end(Source source, int length, long nowNanos) {
    source.lastBlockNanos = nowNanos;
    if (source.receivingAsked) {
      source.answered++;
      source.late &= nowNanos - source.receivingRequestedAt > QUICK_NANOS;
      source.window.blockReceived(length, nowNanos, source.receivingRequestedAt);
      if (source.queue.size() == 0) {
        source.window.noneOutstanding(nowNanos);
      }
    }
    PieceAssembly assembly = source.receiving;
    source.receiving = null;
    if (assembly != null) {
      if (source.receivingAsked) {
        assemblies.unrequested(assembly, source.receivingBlock);
      }
      assembly.received(source.receivingBlock);
    }
    return assembly;
  }

  /** The peer is gone: what it was sending is free again. */
  void interrupt(Source source) {
    PieceAssembly assembly = source.receiving;
    source.receiving = null;
    if (assembly != null) {
      if (source.receivingAsked) {
        assemblies.unrequested(assembly, source.receivingBlock);
      }
      assemblies.interrupted(assembly, source.receivingBlock);
    }
  }
}
