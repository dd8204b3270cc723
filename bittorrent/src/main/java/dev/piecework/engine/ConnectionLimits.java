package dev.piecework.engine;

/** Connections of all torrents together: how many, and how quickly new ones. Thread-safe. */
final class ConnectionLimits {
  private static final long SECOND = 1_000_000_000L;

  private final int most;
  private final int perSecond;
  private int open;
  private int begun;
  private long secondSince;

  ConnectionLimits(int most, int perSecond) {
    this.most = most;
    this.perSecond = perSecond;
  }

  /** Whether an outgoing connection may be begun; if so it counts until {@link #closed}. */
  synchronized boolean mayConnect(long nowNanos) {
    if (begun == 0 || nowNanos - secondSince >= SECOND) {
      secondSince = nowNanos;
      begun = 0;
    }
    if (open >= most || begun >= perSecond) {
      return false;
    }
    open++;
    begun++;
    return true;
  }

  /** Whether an incoming connection is taken; if so it counts until {@link #closed}. */
  synchronized boolean mayAccept() {
    if (open >= most) {
      return false;
    }
    open++;
    return true;
  }

  /** A connection that counted is closed. */
  synchronized void closed() {
    open--;
  }

  synchronized int open() {
    return open;
  }
}
