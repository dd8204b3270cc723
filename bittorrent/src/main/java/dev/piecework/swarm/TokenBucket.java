package dev.piecework.swarm;

/**
 * Holds a rate down, with bursts of a quarter second. May be overdrawn by one taking, so that any
 * block fits. Used by one thread.
 */
public final class TokenBucket {
  private static final long SECOND = 1_000_000_000L;
  private static final int BURSTS_PER_SECOND = 4;
  private static final long LEAST_BURST = 32 << 10;

  private final long bytesPerSecond;
  private final long burst;
  private long tokens;
  private long filledAtNanos;

  /**
   * @param bytesPerSecond the rate; 0 means no limit
   * @param nowNanos the clock, {@link System#nanoTime()}
   */
  public TokenBucket(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = Math.max(0, bytesPerSecond);
    this.burst = Math.max(LEAST_BURST, this.bytesPerSecond / BURSTS_PER_SECOND);
    this.tokens = burst;
    this.filledAtNanos = nowNanos;
  }

  /** Whether there is a limit at all. */
  public boolean limited() {
    return bytesPerSecond > 0;
  }

  /** Whether something may be taken now. */
  public boolean available(long nowNanos) {
    if (bytesPerSecond == 0) {
      return true;
    }
    long elapsed = Math.min(SECOND, nowNanos - filledAtNanos);
    // In two factors, as nanoseconds x bytes per second overflows beyond 9 GB/s.
    long earned = elapsed / 1000 * bytesPerSecond / 1_000_000;
    if (earned > 0) {
      tokens = Math.min(burst, tokens + earned);
      filledAtNanos = nowNanos;
    }
    return tokens > 0;
  }

  /** Takes bytes, more than there are if need be. */
  public void take(long bytes) {
    if (bytesPerSecond > 0) {
      tokens -= bytes;
    }
  }
}
