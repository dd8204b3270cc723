package dev.piecework.engine;

/**
 * Connections of all torrents together: how many each way, and how quickly new ones. Incoming ones
 * count from their handshake on, see {@link Handshakes} for those before. Thread-safe.
 */
final class ConnectionLimits {
  private static final long SECOND = 1_000_000_000L;

  private final int most;
  private final int mostOneWay;
  private final int perSecond;
  private int incoming;
  private int outgoing;
  private int begun;
  private long secondSince;
  private boolean refused;
  private long refusedNanos;

  /**
   * @param most connections both ways
   * @param mostOneWay of those, incoming ones at most, and outgoing ones at most
   * @param perSecond outgoing ones begun in a second
   */
  ConnectionLimits(int most, int mostOneWay, int perSecond) {
    this.most = most;
    this.mostOneWay = mostOneWay;
    this.perSecond = perSecond;
  }

  /** Whether an outgoing connection may be begun; if so it counts until {@link #closed}. */
  synchronized boolean mayConnect(long nowNanos) {
    if (begun == 0 || nowNanos - secondSince >= SECOND) {
      secondSince = nowNanos;
      begun = 0;
    }
    if (begun >= perSecond) {
      return false;
    }
    if (outgoing >= mostOneWay || open() >= most) {
      refuse(nowNanos);
      return false;
    }
    outgoing++;
    begun++;
    return true;
  }

  /** Whether an incoming connection is taken; if so it counts until {@link #closed}. */
  synchronized boolean mayAccept(long nowNanos) {
    if (incoming >= mostOneWay || open() >= most) {
      refuse(nowNanos);
      return false;
    }
    incoming++;
    return true;
  }

  private void refuse(long nowNanos) {
    refused = true;
    refusedNanos = nowNanos;
  }

  /** Whether somebody was refused for want of room within the last second. */
  synchronized boolean roomWanted(long nowNanos) {
    return refused && nowNanos - refusedNanos < SECOND;
  }

  /** A connection that counted is closed. */
  synchronized void closed(boolean wasIncoming) {
    if (wasIncoming) {
      incoming--;
    } else {
      outgoing--;
    }
  }

  synchronized int open() {
    return incoming + outgoing;
  }
}
