package dev.piecework.swarm;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One peer as a source of blocks: what it has, whether it lets us ask, what it was asked for. Used
 * by the torrent's owner thread alone.
 */
public final class Source {
  /** What a peer is asked by. Nothing needs to be sent before the batch of calls is over. */
  public interface Outlet {
    /** Asks for a block. */
    void ask(int piece, int offset, int length);

    /** Takes a request back. */
    void takeBack(int piece, int offset, int length);
  }

  /** Requests that were given up but may still be answered. */
  private static final int STRAY_MARGIN = 64;

  final InetSocketAddress culprit;
  final Outlet outlet;
  final PieceSet pieces;

  /** What it answers for while it chokes us, whether it has it or not (BEP 6). */
  private final PieceSet allowedFast;

  /** Of those, the pieces that it has. */
  private final PieceSet askableChoked;

  final Refusals refusals = new Refusals();
  final RequestQueue queue = new RequestQueue();
  RequestWindow window;
  boolean choked = true;
  boolean suspect;
  boolean fast;

  /** Blocks that it was asked for and has sent. */
  int answered;

  /** A piece that it had to send as a whole was taken from it, and it has not been quick since. */
  boolean late;

  int starvedVersion = -1;
  long lastBlockNanos;
  long receivedBytes;
  int strays = STRAY_MARGIN;

  @Nullable PieceAssembly current;

  // The block that is arriving; no assembly means that its bytes are thrown away.
  @Nullable PieceAssembly receiving;
  int receivingBlock;
  int receivingOffset;
  long receivingRequestedAt;
  boolean receivingAsked;

  /**
   * @param culprit how to name the peer when it sends corrupt data
   * @param outlet where requests go
   * @param pieceCount pieces of the torrent
   */
  public Source(InetSocketAddress culprit, Outlet outlet, int pieceCount) {
    this.culprit = culprit;
    this.outlet = outlet;
    this.pieces = new PieceSet(pieceCount);
    this.allowedFast = new PieceSet(pieceCount);
    this.askableChoked = new PieceSet(pieceCount);
    this.window = new RequestWindow(RequestWindow.DEFAULT_PEER_LIMIT);
  }

  /** What the peer has. */
  public PieceSet pieces() {
    return pieces;
  }

  /** Whether the peer chokes us. */
  public boolean choked() {
    return choked;
  }

  /** Block bytes the peer has sent, useful or not. */
  public long receivedBytes() {
    return receivedBytes;
  }

  /** Requests not answered yet. */
  public int outstanding() {
    return queue.size();
  }

  /** Whether it has let us wait too long. */
  public boolean snubbed(long nowNanos) {
    return window.snubbed(nowNanos);
  }

  /** Whether it has sent what it was asked for, and lets nothing wait that only it could send. */
  boolean reliable(long nowNanos) {
    return answered > 0 && !late && !window.snubbed(nowNanos);
  }

  /** Whether it can be asked for more now. */
  boolean hasRoom(long nowNanos) {
    return queue.size() < window.size() && !refusals.resting(nowNanos);
  }

  /** How fast it has been sending lately. */
  public long bytesPerSecond(long nowNanos) {
    return window.bytesPerSecond(nowNanos);
  }

  /** How many requests it accepts at once, by its extension handshake (BEP 10, reqq). */
  public void acceptsRequests(int limit) {
    if (queue.size() == 0 && receivedBytes == 0) {
      window = new RequestWindow(limit);
    }
  }

  /**
   * The peer answers requests for this piece even when it chokes us (BEP 6).
   *
   * @return false if it had said so before
   */
  boolean allowFast(int piece) {
    if (!allowedFast.add(piece)) {
      return false;
    }
    if (pieces.has(piece)) {
      askableChoked.add(piece);
    }
    return true;
  }

  /** It does not after all. */
  void disallowFast(int piece) {
    allowedFast.remove(piece);
    askableChoked.remove(piece);
  }

  /** What it has is known as a whole. */
  void piecesKnown() {
    askableChoked.clear();
    for (int piece = allowedFast.next(0); piece >= 0; piece = allowedFast.next(piece + 1)) {
      if (pieces.has(piece)) {
        askableChoked.add(piece);
      }
    }
  }

  boolean gain(int piece) {
    if (!pieces.add(piece)) {
      return false;
    }
    if (allowedFast.has(piece)) {
      askableChoked.add(piece);
    }
    return true;
  }

  void lost(int piece) {
    askableChoked.remove(piece);
  }

  /** Pieces that it would answer requests for now. */
  PieceSet askable() {
    return choked ? askableChoked : pieces;
  }
}
