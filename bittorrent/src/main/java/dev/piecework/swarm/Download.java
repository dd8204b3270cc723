package dev.piecework.swarm;

import dev.piecework.metainfo.Metainfo;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  private static final long FAST_SECONDS_PER_PIECE = 10;

  /** How long a snubbed peer may keep its one request. */
  private static final long SNUBBED_REQUEST_NANOS = 60_000_000_000L;

  /** The last rank of pieces that are gone on with before another is begun. */
  private static final int BEFORE_NEW = 2;

  private final int pieceLength;
  private final PiecePicker picker;
  private final Availability availability;
  private final PieceSink sink;
  private final TokenBucket budget;
  private final List<Source> sources = new ArrayList<>();
  private final Assemblies assemblies;
  private final BlockReceiver receiver;
  private final Suspects suspects = new Suspects(sources);
  private final Refusals refusals = new Refusals();
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
    this.pieceLength = metainfo.pieceLength();
    this.picker = picker;
    this.availability = availability;
    this.sink = sink;
    this.budget = budget;
    this.assemblies = new Assemblies(metainfo, buffers);
    this.receiver = new BlockReceiver(metainfo, assemblies);
    this.endgame = new Endgame(assemblies.active(), sources);
  }

  /** Block bytes received, useful or not. */
  public long receivedBytes() {
    return receiver.receivedBytes();
  }

  /** Of those, what was thrown away. */
  public long wastedBytes() {
    return receiver.wastedBytes();
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
      giveUpAll(source, nowNanos);
      receiver.interrupt(source);
      refusals.left(source);
    }
  }

  /** A peer chokes us: without the Fast extension that ends its requests (BEP 3, BEP 6). */
  public void choked(Source source, boolean requestsEnd, long nowNanos) {
    source.choked = true;
    if (requestsEnd) {
      giveUpAll(source, nowNanos);
    }
    disown(source);
  }

  /** A peer no longer chokes us. */
  public void unchoked(Source source) {
    source.choked = false;
    source.starvedVersion = -1;
  }

  /** A peer has got a piece. */
  public void gained(Source source, int piece) {
    if (source.pieces.add(piece)) {
      availability.gained(piece);
      source.starvedVersion = -1;
    }
  }

  /** A peer has lost a piece (BEP 54). */
  public void lost(Source source, int piece, boolean requestsEnd, long nowNanos) {
    availability.lose(source.pieces, piece);
    refusals.denied(source, piece);
    for (int i = source.queue.size() - 1; requestsEnd && i >= 0; i--) {
      if (source.queue.assembly(i).piece() == piece) {
        giveUp(source, i, nowNanos);
      }
    }
  }

  /** A peer will not answer a request (BEP 6). */
  public void rejected(Source source, int piece, int offset, long nowNanos) {
    int index = source.queue.find(piece, offset / PieceAssembly.BLOCK);
    if (index < 0) {
      return;
    }
    giveUp(source, index, nowNanos);
    if (!source.choked) {
      if (source.pieces.has(piece)) {
        availability.lose(source.pieces, piece);
        refusals.refused(source, piece, nowNanos);
      }
      disown(source);
    }
  }

  /**
   * Asks a peer for as much as its window allows.
   *
   * @return how many requests were made
   */
  public int fill(Source source, long nowNanos) {
    int made = 0;
    int window = source.window.size();
    while (!closed && source.queue.size() < window && budget.available(nowNanos)) {
      PieceAssembly assembly = source.current;
      if (assembly == null || assembly.free() == 0) {
        assembly = choose(source, nowNanos);
        source.current = assembly;
        if (assembly == null) {
          break;
        }
      }
      request(source, assembly, assembly.nextFree(), nowNanos);
      made++;
    }
    return made;
  }

  private void request(Source source, PieceAssembly assembly, int block, long nowNanos) {
    if (source.queue.size() == 0) {
      source.window.requestsOutstanding(nowNanos);
    }
    int length = assembly.blockLength(block);
    budget.take(length);
    assemblies.requested(assembly, block, source, nowNanos);
    source.queue.add(assembly, block, nowNanos);
    source.outlet.ask(assembly.piece(), block * PieceAssembly.BLOCK, length);
  }

  private @Nullable PieceAssembly choose(Source source, long nowNanos) {
    if (source.choked) {
      return chooseAllowedFast(source);
    }
    source.fast = source.window.bytesPerSecond(nowNanos) * FAST_SECONDS_PER_PIECE >= pieceLength;
    PieceAssembly best = null;
    int bestRank = Integer.MAX_VALUE;
    List<PieceAssembly> withFree = assemblies.withFree();
    for (int i = 0; i < withFree.size(); i++) {
      PieceAssembly each = withFree.get(i);
      int rank = rank(each, source);
      if (rank < bestRank && source.pieces.has(each.piece())) {
        best = each;
        bestRank = rank;
      }
    }
    if (best == null || bestRank > BEFORE_NEW) {
      PieceAssembly begun = begin(source);
      return begun != null ? begun : best;
    }
    if (best.owner() == null) {
      best.own(source, !source.fast);
    }
    return best;
  }

  /** Which piece in work to help with first; MAX_VALUE for one that is another's alone. */
  private static int rank(PieceAssembly assembly, Source source) {
    if (assembly.owner() == source) {
      return 0;
    }
    if (assembly.exclusive() || source.suspect) {
      return Integer.MAX_VALUE;
    }
    if (assembly.owner() == null) {
      return 1;
    }
    if (assembly.slow()) {
      return source.fast ? BEFORE_NEW + 1 : BEFORE_NEW;
    }
    return source.fast ? BEFORE_NEW + 2 : BEFORE_NEW + 3;
  }

  private @Nullable PieceAssembly chooseAllowedFast(Source source) {
    for (int i = 0; i < source.allowedFastCount; i++) {
      int piece = source.allowedFast[i];
      if (picker.mayBegin(piece) && source.pieces.has(piece)) {
        return begin(source, piece);
      }
    }
    return null;
  }

  private @Nullable PieceAssembly begin(Source source) {
    if (source.starvedVersion == picker.version()) {
      return null;
    }
    int piece = picker.pick(source.pieces);
    if (piece < 0) {
      source.starvedVersion = picker.version();
      return null;
    }
    return begin(source, piece);
  }

  private @Nullable PieceAssembly begin(Source source, int piece) {
    PieceAssembly begun = assemblies.begin(piece, source, suspects.exclusive(piece, source));
    if (begun != null) {
      picker.began(piece);
    }
    return begun;
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
        giveUp(each, index, nowNanos);
      }
    }
  }

  /** Gives an assembly back whose piece is verified and stored. */
  public void verified(PieceAssembly assembly) {
    picker.verified(assembly.piece());
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
    refusals.tick(nowNanos, this::gained);
    for (int i = 0; i < sources.size(); i++) {
      expire(sources.get(i), nowNanos);
    }
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
    if (closed || source.choked || source.suspect || source.queue.size() > 0) {
      return 0;
    }
    int made = 0;
    int most = Math.clamp(source.window.size() / 4, 1, Endgame.MOST_AT_ONCE);
    while (made < most
        && budget.available(nowNanos)
        && endgame.find(source, lastPieces(), nowNanos)) {
      request(source, endgame.assembly(), endgame.block(), nowNanos);
      made++;
    }
    return made;
  }

  /** Whether all that is still needed has been asked for. */
  private boolean lastPieces() {
    return assemblies.withFree().isEmpty() && picker.needed().count() == assemblies.active().size();
  }

  private void expire(Source source, long nowNanos) {
    if (source.queue.size() == 0) {
      return;
    }
    if (source.window.snubbed(nowNanos)) {
      boolean old = nowNanos - source.queue.requestedAtNanos(0) > SNUBBED_REQUEST_NANOS;
      while (source.queue.size() > (old ? 0 : 1)) {
        giveUp(source, source.queue.size() - 1, nowNanos);
      }
      disown(source);
      return;
    }
    long since = Math.max(source.queue.requestedAtNanos(0), source.lastBlockNanos);
    if (nowNanos - since < source.window.timeoutNanos()) {
      return;
    }
    source.window.requestTimedOut(nowNanos);
    do {
      giveUp(source, 0, nowNanos);
    } while (source.queue.size() > source.window.size());
    disown(source);
  }

  private void giveUpAll(Source source, long nowNanos) {
    while (source.queue.size() > 0) {
      giveUp(source, source.queue.size() - 1, nowNanos);
    }
    disown(source);
  }

  private void giveUp(Source source, int index, long nowNanos) {
    PieceAssembly assembly = source.queue.assembly(index);
    int block = source.queue.block(index);
    source.queue.remove(index);
    source.strays++;
    assemblies.unrequested(assembly, block);
    if (source.queue.size() == 0) {
      source.window.noneOutstanding(nowNanos);
    }
  }

  private void disown(Source source) {
    source.current = null;
    assemblies.disown(source);
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
