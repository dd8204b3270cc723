package dev.piecework.swarm;

import dev.piecework.metainfo.Metainfo;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Who is asked for which block, and where blocks go when they come. A fast peer (one that needs
 * less than ten seconds for a piece) takes whole pieces by itself; slow peers share pieces with
 * each other, away from those of fast ones, so that few pieces are open at once. When nothing can
 * be begun, peers help with what others have begun; when every block has been asked for, an idle
 * peer asks again for the oldest ({@link Endgame}).
 *
 * <p>Pure: no sockets, clock passed in. Used by the torrent's owner thread alone. Allocates nothing
 * per block.
 */
public final class Download implements AutoCloseable {
  /** Receives whole pieces. */
  @FunctionalInterface
  public interface PieceSink {
    /**
     * A piece has arrived and is to be hashed. The assembly is the receiver's until {@link
     * #verified}, {@link #failed} or {@link #dropped} gives it back.
     */
    void arrived(PieceAssembly assembly);
  }

  /** What becomes of a block that begins to arrive. */
  public enum Verdict {
    /** It goes where it belongs. */
    TAKEN,
    /** Nobody needs it: its bytes are counted and thrown away. */
    WASTED,
    /** The peer sends what it was not asked for, or nonsense: drop it. */
    REFUSED
  }

  private final PiecePicker picker;
  private final Availability availability;
  private final PieceSink sink;
  private final TokenBucket budget;
  private final List<Source> sources = new ArrayList<>();
  private final Assemblies assemblies;
  private final BlockReceiver receiver;
  private final Suspects suspects = new Suspects(sources);
  private final WholePieces wholePieces;
  private final PieceChooser chooser;
  private final Requests requests;
  private final Endgame endgame;
  private boolean closed;

  /**
   * @param metainfo the torrent
   * @param picker chooses pieces
   * @param availability counts who has what
   * @param buffers where pieces are put together
   * @param sink takes whole pieces
   * @param budget bytes that may be asked for
   */
  public Download(
      Metainfo metainfo,
      PiecePicker picker,
      Availability availability,
      PieceBuffers.Account buffers,
      PieceSink sink,
      TokenBucket budget) {
    this.picker = picker;
    this.availability = availability;
    this.sink = sink;
    this.budget = budget;
    this.assemblies = new Assemblies(metainfo, buffers);
    this.receiver = new BlockReceiver(metainfo, assemblies);
    this.endgame = new Endgame(assemblies.active(), sources);
    this.requests = new Requests(assemblies, budget);
    this.wholePieces = new WholePieces(assemblies, requests, receiver, sources);
    this.chooser =
        new PieceChooser(metainfo.pieceLength(), picker, assemblies, suspects, wholePieces);
  }

  /** Block bytes received, useful or not. */
  public long receivedBytes() {
    return receiver.receivedBytes();
  }

  /** Of those, what was thrown away. */
  public long wastedBytes() {
    return receiver.wastedBytes();
  }

  /**
   * Pieces and requests walked over so far, of all peers: the measure of what messages cost, which
   * does not depend on the machine.
   */
  public long steps() {
    long steps = picker.steps() + availability.steps() + assemblies.steps();
    for (Source each : sources) {
      steps += each.queue.steps();
    }
    return steps;
  }

  /** Whether a piece could not be begun for want of memory. */
  public boolean buffersRefused() {
    return assemblies.refused();
  }

  /** A peer is connected; what it has is not counted yet. */
  public void add(Source source) {
    sources.add(source);
    suspects.connected(source);
  }

  /** What a connected peer has is known from now on. */
  public void counted(Source source) {
    availability.add(source.pieces);
    source.piecesKnown();
    source.starvedVersion = -1;
  }

  /** What a connected peer has is about to be said anew. */
  public void uncounted(Source source) {
    availability.remove(source.pieces);
  }

  /** A peer is gone. */
  public void remove(Source source, long nowNanos) {
    if (sources.remove(source)) {
      availability.remove(source.pieces);
      requests.giveUpAll(source, nowNanos);
      receiver.interrupt(source);
    }
  }

  /** A peer chokes us: without the Fast extension that ends its requests (BEP 3, BEP 6). */
  public void choked(Source source, boolean requestsEnd, long nowNanos) {
    if (source.choked) {
      return;
    }
    source.choked = true;
    source.starvedVersion = -1;
    if (requestsEnd) {
      requests.giveUpAll(source, nowNanos);
    }
    requests.disown(source);
  }

  /** A peer no longer chokes us. */
  public void unchoked(Source source) {
    source.choked = false;
    source.starvedVersion = -1;
  }

  /**
   * A peer has got a piece.
   *
   * @return false if it was taken to have it already
   */
  public boolean gained(Source source, int piece) {
    if (!source.gain(piece)) {
      return false;
    }
    availability.gained(piece);
    if (picker.isMissing(piece)) {
      // Only then may looking for a piece to begin find one: it costs a walk over all of them.
      source.starvedVersion = -1;
    }
    return true;
  }

  /**
   * A peer answers requests for a piece although it chokes us (BEP 6).
   *
   * @return false if it had said so before
   */
  public boolean allowedFast(Source source, int piece) {
    if (!source.allowFast(piece)) {
      return false;
    }
    if (picker.isMissing(piece)) {
      source.starvedVersion = -1;
    }
    return true;
  }

  /** A peer has lost a piece (BEP 54). */
  public void lost(Source source, int piece, boolean requestsEnd, long nowNanos) {
    lose(source, piece);
    source.refusals.denied(piece);
    for (int i = source.queue.size() - 1; requestsEnd && i >= 0; i--) {
      if (source.queue.assembly(i).piece() == piece) {
        requests.giveUp(source, i, nowNanos);
      }
    }
  }

  /**
   * A peer will not answer a request (BEP 6).
   *
   * @return false if it had not been asked
   */
  public boolean rejected(Source source, int piece, int offset, long nowNanos) {
    int index = source.queue.find(piece, offset / PieceAssembly.BLOCK);
    if (index < 0) {
      return false;
    }
    requests.giveUp(source, index, nowNanos);
    if (source.choked) {
      // What crossed its choke ends here. What it allowed it takes back, or it would be asked
      // again.
      source.disallowFast(piece);
    } else if (source.pieces.has(piece) && source.refusals.refused(piece, nowNanos)) {
      lose(source, piece);
    }
    requests.disown(source);
    return true;
  }

  private void lose(Source source, int piece) {
    availability.lose(source.pieces, piece);
    source.lost(piece);
  }

  /**
   * Asks a peer for as much as its window allows.
   *
   * @return how many requests were made
   */
  public int fill(Source source, long nowNanos) {
    int made = 0;
    int window = source.window.size();
    while (!closed
        && source.queue.size() < window
        && !source.refusals.resting(nowNanos)
        && budget.available(nowNanos)) {
      PieceAssembly assembly = source.current;
      if (assembly == null || assembly.free() == 0) {
        assembly = chooser.choose(source, nowNanos);
        source.current = assembly;
        if (assembly == null) {
          break;
        }
      }
      requests.make(source, assembly, assembly.nextFree(), nowNanos);
      made++;
    }
    return made;
  }

  /** A block begins to arrive; {@link #bytes} and {@link #blockEnd} follow unless refused. */
  public Verdict blockStart(Source source, int piece, int offset, int length, long nowNanos) {
    return receiver.start(source, piece, offset, length, nowNanos);
  }

  /** More bytes of the block that has begun; consumes exactly {@code count}. */
  public void bytes(Source source, ByteBuf from, int count) {
    receiver.bytes(source, from, count);
  }

  /** The block that has begun is there as a whole. */
  public void blockEnd(Source source, int length, long nowNanos) {
    PieceAssembly assembly = receiver.end(source, length, nowNanos);
    if (assembly == null) {
      return;
    }
    source.refusals.served(assembly.piece());
    if (assembly.requesters(source.receivingBlock) > 0) {
      cancelOthers(assembly, source.receivingBlock, nowNanos);
    }
    if (assembly.whole()) {
      leave(assembly);
      picker.arrived(assembly.piece());
      sink.arrived(assembly);
    }
  }

  private void cancelOthers(PieceAssembly assembly, int block, long nowNanos) {
    for (int i = 0; i < sources.size(); i++) {
      Source each = sources.get(i);
      int index = each.queue.find(assembly.piece(), block);
      if (index >= 0) {
        each.outlet.takeBack(
            assembly.piece(), block * PieceAssembly.BLOCK, assembly.blockLength(block));
        requests.giveUp(each, index, nowNanos);
      }
    }
  }

  /** Gives an assembly back whose piece is verified and stored. */
  public void verified(PieceAssembly assembly) {
    picker.verified(assembly.piece());
    wholePieces.verified(assembly.piece());
    suspects.passed(assembly);
    assemblies.recycle(assembly);
  }

  /** Gives an assembly back whose piece failed its hash: it will be downloaded again. */
  public void failed(PieceAssembly assembly) {
    receiver.wasted(assembly.length());
    suspects.failed(assembly);
    picker.failed(assembly.piece());
    assemblies.recycle(assembly);
  }

  /** Gives an assembly back of a torrent that is being stopped. */
  public void dropped(PieceAssembly assembly) {
    assemblies.recycle(assembly);
  }

  /** Takes out who has been found to send corrupt data since the last call. */
  public List<InetSocketAddress> takeConvicted() {
    return suspects.takeConvicted();
  }

  /**
   * What time alone brings about: lost requests are given up, and pieces that nobody works on. To
   * be called every half second or so; fill all peers afterwards.
   */
  public void tick(long nowNanos) {
    picker.refresh();
    for (int i = 0; i < sources.size(); i++) {
      Source each = sources.get(i);
      each.refusals.tick(nowNanos, piece -> gained(each, piece));
      requests.expire(each, nowNanos);
    }
    wholePieces.tick(nowNanos);
    for (int i = assemblies.active().size() - 1; i >= 0; i--) {
      PieceAssembly each = assemblies.active().get(i);
      if (assemblies.idle(each)) {
        receiver.wasted(each.receivedBytes());
        leave(each);
        picker.abandoned(each.piece());
        assemblies.recycle(each);
      }
    }
  }

  /** Lets an idle peer ask again for blocks that others have been asked for. */
  public int fillEndgame(Source source, long nowNanos) {
    if (closed
        || source.choked
        || source.suspect
        || source.queue.size() > 0
        || source.refusals.resting(nowNanos)) {
      return 0;
    }
    int made = 0;
    int most = Math.clamp(source.window.size() / 4, 1, Endgame.MOST_AT_ONCE);
    while (made < most
        && budget.available(nowNanos)
        && endgame.find(source, lastPieces(), nowNanos)) {
      requests.make(source, endgame.assembly(), endgame.block(), nowNanos);
      made++;
    }
    return made;
  }

  /** Whether all that is still needed has been asked for. */
  private boolean lastPieces() {
    return assemblies.withFree().isEmpty() && picker.needed().count() == assemblies.active().size();
  }

  private void leave(PieceAssembly assembly) {
    assemblies.leave(assembly);
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).current == assembly) {
        sources.get(i).current = null;
      }
    }
  }

  /** Gives every buffer back but those of pieces that are being checked; asks for nothing more. */
  @Override
  public void close() {
    closed = true;
    for (Source each : sources) {
      each.receiving = null;
      each.current = null;
      while (each.queue.size() > 0) {
        each.queue.remove(0);
      }
    }
    sources.clear();
    assemblies.close();
  }
}
