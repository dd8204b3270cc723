package dev.piecework.swarm;

import java.util.Arrays;

/**
 * How many requests one peer should have outstanding, when a request has timed out, and whether the
 * peer has snubbed us.
 *
 * <p>Too few outstanding requests leave the link idle for part of every round trip, too many cost
 * only a little memory at the other end. So the window starts small and grows by one with each
 * block (doubling every round trip) until the rate stops growing; from then on it holds what the
 * peer sends in three seconds. Only time with requests outstanding counts towards the rate:
 * otherwise a choke, or our own full buffers, would look like a slow peer.
 *
 * <p>Pure: the clock is passed in as {@link System#nanoTime()} values. Used by the torrent's owner
 * thread alone. The hot path ({@link #blockReceived}, {@link #size}) allocates nothing.
 */
public final class RequestWindow {
  /** Outstanding requests that are assumed to be accepted when a peer does not say (BEP 10). */
  public static final int DEFAULT_PEER_LIMIT = 250;

  /** The most we ever have outstanding, whatever the peer says. */
  public static final int MAX_LIMIT = 1500;

  /** Time without a block, with requests outstanding, after which a peer has snubbed us. */
  public static final long SNUB_NANOS = 20_000_000_000L;

  private static final int BLOCK_BYTES = 16 * 1024;
  private static final int MIN_WINDOW = 2;
  private static final int INITIAL_WINDOW = 4;
  private static final int WINDOW_SECONDS = 3;
  private static final long SECOND = 1_000_000_000L;
  private static final long MIN_TIMEOUT_NANOS = 2 * SECOND;
  private static final long MAX_TIMEOUT_NANOS = 60 * SECOND;
  private static final int MAX_BACKOFF_SHIFT = 5;

  // Received bytes in slices of a quarter second over the last five seconds.
  private static final long SLICE_NANOS = SECOND / 4;
  private static final int SLICES = 20;
  private static final int SLICES_PER_SECOND = 4;

  private final int limit;
  private final long[] sliceBytes = new long[SLICES];
  private long slice;
  private long slicesSinceStart;
  private long sliceEndNanos;
  private boolean meterStarted;
  private long previousSecondBytes;

  private boolean slowStart = true;
  private int window;

  private boolean latencyKnown;
  private long latencyMeanNanos;
  private long latencyDeviationNanos;
  private int backoffShift;

  private boolean outstanding;
  private long waitingSinceNanos;
  private boolean snubbed;

  /**
   * @param peerLimit requests the peer accepts at once ({@code reqq} of its extension handshake, or
   *     {@link #DEFAULT_PEER_LIMIT}); clipped to 1 to {@link #MAX_LIMIT}
   */
  public RequestWindow(int peerLimit) {
    this.limit = Math.clamp(peerLimit, 1, MAX_LIMIT);
    this.window = Math.min(INITIAL_WINDOW, limit);
  }

  /**
   * Says that there was no outstanding request and now there is one: the wait for a block begins.
   */
  public void requestsOutstanding(long nowNanos) {
    if (outstanding) {
      return;
    }
    boolean longIdle = !meterStarted || nowNanos - waitingSinceNanos > SECOND;
    outstanding = true;
    waitingSinceNanos = nowNanos;
    if (longIdle) {
      startMeter(nowNanos);
    }
  }

  /** Says that no request is outstanding any more: answered, rejected, cancelled or given up. */
  public void noneOutstanding(long nowNanos) {
    if (outstanding) {
      outstanding = false;
      waitingSinceNanos = nowNanos;
    }
  }

  /**
   * A requested block has come.
   *
   * @param bytes its length
   * @param nowNanos when it came
   * @param requestedAtNanos when it was asked for
   */
  public void blockReceived(int bytes, long nowNanos, long requestedAtNanos) {
    if (snubbed) {
      snubbed = false;
      slowStart = true;
      window = Math.min(MIN_WINDOW, limit);
      startMeter(nowNanos);
    }
    if (!meterStarted) {
      startMeter(nowNanos);
    }
    roll(nowNanos);
    sliceBytes[(int) (slice % SLICES)] += bytes;
    waitingSinceNanos = nowNanos;
    backoffShift = 0;
    measureLatency(Math.max(0, nowNanos - requestedAtNanos));
    if (slowStart && window < limit) {
      window++;
    }
  }

  /** How many requests may be outstanding now. */
  public int size() {
    return snubbed ? 1 : window;
  }

  /**
   * How long to wait before a request counts as lost: mean plus four deviations of what blocks of
   * this peer take, within 2 to 60 seconds, doubled with each timeout in a row. Best counted from
   * the later of the request and the peer's last block: a queue that moves is not lost.
   */
  public long timeoutNanos() {
    long base = latencyKnown ? latencyMeanNanos + 4 * latencyDeviationNanos : SNUB_NANOS;
    long first = Math.clamp(base, MIN_TIMEOUT_NANOS, MAX_TIMEOUT_NANOS);
    return Math.min(first << backoffShift, MAX_TIMEOUT_NANOS);
  }

  /** A request was given up for lost: the window stops growing and the next wait is longer. */
  public void requestTimedOut(long nowNanos) {
    slowStart = false;
    window = Math.max(Math.min(MIN_WINDOW, limit), window / 2);
    backoffShift = Math.min(backoffShift + 1, MAX_BACKOFF_SHIFT);
    roll(nowNanos);
  }

  /**
   * Whether 20 seconds have gone without a block although requests were outstanding. Stays true
   * until a block comes; meanwhile {@link #size()} is 1. To be asked at least every second or so.
   */
  public boolean snubbed(long nowNanos) {
    roll(nowNanos);
    if (outstanding && nowNanos - waitingSinceNanos >= SNUB_NANOS) {
      snubbed = true;
    }
    return snubbed;
  }

  /** Bytes per second over the last five seconds, or since requests began if that is less. */
  public long bytesPerSecond(long nowNanos) {
    roll(nowNanos);
    long bytes = 0;
    for (long each : sliceBytes) {
      bytes += each;
    }
    // The current slice counts in full although it is not over: at least one slice, so no division
    // by a sliver of time.
    return bytes * SLICES_PER_SECOND / Math.min(SLICES, slicesSinceStart + 1);
  }

  private void startMeter(long nowNanos) {
    Arrays.fill(sliceBytes, 0);
    slice = 0;
    slicesSinceStart = 0;
    previousSecondBytes = 0;
    sliceEndNanos = nowNanos + SLICE_NANOS;
    meterStarted = true;
  }

  private void roll(long nowNanos) {
    if (!meterStarted || nowNanos - sliceEndNanos < 0) {
      return;
    }
    long passed = (nowNanos - sliceEndNanos) / SLICE_NANOS + 1;
    sliceEndNanos += passed * SLICE_NANOS;
    if (!outstanding) {
      // Idle time says nothing about the peer: keep the window, forget the rate.
      for (int i = 0; i < Math.min(passed, SLICES); i++) {
        nextSlice();
      }
      return;
    }
    for (int i = 0; i < Math.min(passed, SLICES); i++) {
      endSlice();
      nextSlice();
    }
  }

  private void nextSlice() {
    slice++;
    slicesSinceStart++;
    sliceBytes[(int) (slice % SLICES)] = 0;
  }

  /** At the end of each slice: does slow start end, and how large is the window after it? */
  private void endSlice() {
    long lastSecond = lastSecondBytes();
    boolean fullSecond = (slice + 1) % SLICES_PER_SECOND == 0;
    if (slowStart && fullSecond) {
      // A second that brought less than 5 % more than the one before: the link is full.
      if (previousSecondBytes > 0 && lastSecond < previousSecondBytes + previousSecondBytes / 20) {
        slowStart = false;
      }
      previousSecondBytes = lastSecond;
    }
    if (!slowStart) {
      long average = sum(SLICES) * SLICES_PER_SECOND / Math.min(SLICES, slicesSinceStart + 1);
      // The larger of the two, so that neither a hiccup nor a slow beginning starves the peer.
      long bytesPerSecond = Math.max(lastSecond, average);
      window =
          (int)
              Math.clamp(
                  WINDOW_SECONDS * bytesPerSecond / BLOCK_BYTES,
                  Math.min(MIN_WINDOW, limit),
                  (long) limit);
    }
  }

  private long lastSecondBytes() {
    return sum(SLICES_PER_SECOND);
  }

  private long sum(int slices) {
    long bytes = 0;
    for (int i = 0; i < slices; i++) {
      bytes += sliceBytes[(int) Math.floorMod(slice - i, (long) SLICES)];
    }
    return bytes;
  }

  /** Smoothing of RFC 6298: gains of 1/8 and 1/4. */
  private void measureLatency(long latencyNanos) {
    if (!latencyKnown) {
      latencyKnown = true;
      latencyMeanNanos = latencyNanos;
      latencyDeviationNanos = latencyNanos / 2;
      return;
    }
    long error = latencyNanos - latencyMeanNanos;
    latencyDeviationNanos += (Math.abs(error) - latencyDeviationNanos) / 4;
    latencyMeanNanos += error / 8;
  }
}
