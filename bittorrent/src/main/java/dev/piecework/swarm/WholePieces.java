package dev.piecework.swarm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pieces that have to come from one peer as a whole, because they failed their hash or the peer is
 * a suspect: nobody else may help with them, so one that lets them wait would hold the download up.
 * Such a piece is taken from a peer that has sent no block for a while, and left to another that
 * could send it: soon if that one has shown that it sends blocks, late if it has not. Each time
 * that a piece changes hands it may wait twice as long, so that slow peers do not lose it for ever.
 * Used by the torrent's owner thread alone.
 */
final class WholePieces {
  private static final long PATIENCE_NANOS = 2_000_000_000L;

  /** With a peer of which nothing is known, as with those that snub us. */
  private static final long LONG_PATIENCE_NANOS = RequestWindow.SNUB_NANOS;

  private static final int MOST_DOUBLINGS = 6;

  private final Assemblies assemblies;
  private final Requests requests;
  private final BlockReceiver receiver;
  private final List<Source> sources;

  /** How often a piece has changed hands; of pieces that are not verified yet. */
  private final Map<Integer, Integer> changes = new HashMap<>();

  /**
   * @param sources connected peers, kept up to date by the owner
   */
  WholePieces(
      Assemblies assemblies, Requests requests, BlockReceiver receiver, List<Source> sources) {
    this.assemblies = assemblies;
    this.requests = requests;
    this.receiver = receiver;
    this.sources = sources;
  }

  /**
   * Whether a peer may begin a piece that failed before: not one that has sent nothing yet, or that
   * such a piece was taken from, while a better one is there that can be asked for it now.
   */
  boolean mayBegin(int piece, Source source, long nowNanos) {
    if (source.reliable(nowNanos)) {
      return true;
    }
    for (int i = 0; i < sources.size(); i++) {
      Source each = sources.get(i);
      if (couldSend(each, piece, source) && each.reliable(nowNanos) && each.hasRoom(nowNanos)) {
        return false;
      }
    }
    return true;
  }

  private static boolean couldSend(Source each, int piece, Source instead) {
    return each != instead && !each.choked && each.pieces.has(piece);
  }

  /** A piece is verified. */
  void verified(int piece) {
    changes.remove(piece);
  }

  /** To be called every half second or so, before pieces that nobody works on are given up. */
  void tick(long nowNanos) {
    List<PieceAssembly> active = assemblies.active();
    for (int i = 0; i < active.size(); i++) {
      PieceAssembly each = active.get(i);
      Source holder = each.exclusive() ? holder(each) : null;
      if (holder != null) {
        int doublings = Math.min(changes.getOrDefault(each.piece(), 0), MOST_DOUBLINGS);
        long waited = waitedNanos(each, holder, nowNanos);
        if (waited > PATIENCE_NANOS << doublings) {
          Source other = replacement(each.piece(), holder, nowNanos);
          if (other != null
              && (other.reliable(nowNanos) || waited > LONG_PATIENCE_NANOS << doublings)) {
            takeAway(each, holder, nowNanos);
          }
        }
      }
    }
  }

  /** Who was asked for what is missing of a piece. */
  private static @Nullable Source holder(PieceAssembly assembly) {
    for (int block = 0; block < assembly.blocks(); block++) {
      if (pending(assembly, block)) {
        return assembly.peer(block);
      }
    }
    return null;
  }

  private static boolean pending(PieceAssembly assembly, int block) {
    byte state = assembly.state(block);
    return state == PieceAssembly.REQUESTED || state == PieceAssembly.RECEIVING;
  }

  /** Time since the peer sent its last block, or since the oldest block was asked for. */
  private static long waitedNanos(PieceAssembly assembly, Source holder, long nowNanos) {
    long longest = 0;
    for (int block = 0; block < assembly.blocks(); block++) {
      if (pending(assembly, block)) {
        longest = Math.max(longest, nowNanos - assembly.sinceNanos(block));
      }
    }
    return holder.receivedBytes == 0
        ? longest
        : Math.min(longest, nowNanos - holder.lastBlockNanos);
  }

  /** Another peer that could send a piece at once: a reliable one, if there is one. */
  private @Nullable Source replacement(int piece, Source instead, long nowNanos) {
    Source found = null;
    for (int i = 0; i < sources.size(); i++) {
      Source each = sources.get(i);
      if (couldSend(each, piece, instead) && each.queue.size() == 0) {
        if (each.reliable(nowNanos)) {
          return each;
        }
        found = each;
      }
    }
    return found;
  }

  private void takeAway(PieceAssembly assembly, Source holder, long nowNanos) {
    changes.merge(assembly.piece(), 1, Integer::sum);
    holder.late = true;
    for (int i = holder.queue.size() - 1; i >= 0; i--) {
      if (holder.queue.assembly(i) == assembly) {
        int block = holder.queue.block(i);
        holder.outlet.takeBack(
            assembly.piece(), block * PieceAssembly.BLOCK, assembly.blockLength(block));
        requests.giveUp(holder, i, nowNanos);
      }
    }
    if (holder.receiving == assembly) {
      receiver.interrupt(holder);
    }
    if (holder.current == assembly) {
      holder.current = null;
    }
    assembly.disown();
  }
}
