package dev.piecework.swarm;

import java.net.InetSocketAddress;
import java.util.Arrays;
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

  private static final int MAX_ALLOWED_FAST = 64;

  /** Requests that were given up but may still be answered. */
  private static final int STRAY_MARGIN = 64;

  final InetSocketAddress culprit;
  final Outlet outlet;
  final PieceSet pieces;
  int[] allowedFast = {};
  int allowedFastCount;
  final RequestQueue queue = new RequestQueue();
  RequestWindow window;
  boolean choked = true;
  boolean suspect;
  boolean fast;
  int starvedVersion = -1;
  long lastBlockNanos;
  long receivedBytes;
  int strays = STRAY_MARGIN;
  int refusals;

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

  /** The peer answers requests for this piece even when it chokes us (BEP 6). */
  public void allowFast(int piece) {
    if (allowedFastCount == allowedFast.length) {
      if (allowedFastCount >= MAX_ALLOWED_FAST) {
        return;
      }
      allowedFast = Arrays.copyOf(allowedFast, MAX_ALLOWED_FAST);
    }
    allowedFast[allowedFastCount++] = piece;
  }
}
