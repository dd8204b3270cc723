package dev.piecework.engine;

/** Bytes per second, smoothed over some seconds. Used by one thread. */
final class Rate {
  private static final double SMOOTHING_SECONDS = 3;
  private static final double NANOS = 1e9;

  private long lastTotal;
  private long lastNanos;
  private double bytesPerSecond;

  Rate(long nowNanos) {
    lastNanos = nowNanos;
  }

  void update(long total, long nowNanos) {
    double seconds = (nowNanos - lastNanos) / NANOS;
    if (seconds > 0) {
      double weight = 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
      bytesPerSecond += ((total - lastTotal) / seconds - bytesPerSecond) * weight;
      lastTotal = total;
      lastNanos = nowNanos;
    }
  }

  long bytesPerSecond() {
    return Math.round(bytesPerSecond);
  }
}
