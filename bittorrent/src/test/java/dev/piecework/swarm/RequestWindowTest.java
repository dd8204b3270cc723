package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class RequestWindowTest {
  private static final long MILLISECOND = 1_000_000L;
  private static final long SECOND = 1_000 * MILLISECOND;
  private static final int BLOCK = 16 * 1024;

  /** Not zero, and not far from overflow: nanoTime may be any long. */
  private long now = Long.MAX_VALUE - 10 * SECOND;

  /** A link of fixed delay and capacity that we keep as full as the window says. */
  private void transfer(RequestWindow window, long seconds, long delayNanos, long nanosPerBlock) {
    Deque<Long> outstanding = new ArrayDeque<>();
    long end = now + seconds * SECOND;
    long linkFree = now;
    Deque<Long> arrivals = new ArrayDeque<>();
    window.requestsOutstanding(now);
    while (now - end < 0) {
      while (outstanding.size() < window.size()) {
        outstanding.add(now);
        linkFree = later(linkFree, now + delayNanos) + nanosPerBlock;
        arrivals.add(linkFree);
      }
      now = later(now, arrivals.remove());
      window.blockReceived(BLOCK, now, outstanding.remove());
    }
  }

  private static long later(long a, long b) {
    return a - b > 0 ? a : b;
  }

  @Test
  void growsByOneWithEachBlockWhileTheRateGrows() {
    RequestWindow window = new RequestWindow(250);
    int before = window.size();
    window.requestsOutstanding(now);
    for (int i = 0; i < 20; i++) {
      now += MILLISECOND;
      window.blockReceived(BLOCK, now, now - MILLISECOND);
    }
    assertThat(window.size()).isEqualTo(before + 20);
  }

  @Test
  void reachesThePeersLimitOnAFastLinkAndNeverPassesIt() {
    RequestWindow window = new RequestWindow(100);
    transfer(window, 5, 50 * MILLISECOND, MILLISECOND / 10);
    assertThat(window.size()).isEqualTo(100);
  }

  @Test
  void settlesAtThreeSecondsOfWhatTheLinkCarries() {
    RequestWindow window = new RequestWindow(1500);
    transfer(window, 15, 100 * MILLISECOND, 10 * MILLISECOND); // 100 blocks a second
    assertThat(window.size()).isBetween(280, 330);
    assertThat(window.bytesPerSecond(now)).isBetween(95L * BLOCK, 105L * BLOCK);
  }

  @Test
  void shrinksWhenTheLinkBecomesSlow() {
    RequestWindow window = new RequestWindow(1500);
    transfer(window, 10, 100 * MILLISECOND, 5 * MILLISECOND);
    transfer(window, 30, 100 * MILLISECOND, 100 * MILLISECOND); // 10 blocks a second
    assertThat(window.size()).isBetween(25, 40);
  }

  @Test
  void keepsTwoRequestsForAVerySlowPeer() {
    RequestWindow window = new RequestWindow(250);
    transfer(window, 60, SECOND, 4 * SECOND);
    assertThat(window.size()).isBetween(2, 3);
  }

  @Test
  void aPeerThatAcceptsOneRequestGetsOne() {
    RequestWindow window = new RequestWindow(1);
    transfer(window, 5, MILLISECOND, MILLISECOND);
    assertThat(window.size()).isEqualTo(1);
  }

  @Test
  void nonsensicalLimitsAreClipped() {
    assertThat(new RequestWindow(0).size()).isEqualTo(1);
    assertThat(new RequestWindow(-5).size()).isEqualTo(1);
    RequestWindow window = new RequestWindow(Integer.MAX_VALUE);
    transfer(window, 5, 50 * MILLISECOND, MILLISECOND / 10);
    assertThat(window.size()).isEqualTo(RequestWindow.MAX_LIMIT);
  }

  @Test
  void idleTimeDoesNotShrinkTheWindow() {
    RequestWindow window = new RequestWindow(1500);
    transfer(window, 10, 100 * MILLISECOND, 10 * MILLISECOND);
    int before = window.size();
    window.noneOutstanding(now);
    now += 90 * SECOND;
    assertThat(window.bytesPerSecond(now)).isZero();
    assertThat(window.snubbed(now)).isFalse();
    window.requestsOutstanding(now);
    assertThat(window.size()).isEqualTo(before);
  }

  @Test
  void isSnubbedAfterTwentySecondsWithoutABlock() {
    RequestWindow window = new RequestWindow(250);
    window.requestsOutstanding(now);
    assertThat(window.snubbed(now + 20 * SECOND - 1)).isFalse();
    assertThat(window.snubbed(now + 20 * SECOND)).isTrue();
    assertThat(window.size()).isEqualTo(1);
  }

  @Test
  void aBlockEndsTheSnub() {
    RequestWindow window = new RequestWindow(250);
    window.requestsOutstanding(now);
    now += 25 * SECOND;
    assertThat(window.snubbed(now)).isTrue();
    window.blockReceived(BLOCK, now, now - 25 * SECOND);
    assertThat(window.snubbed(now)).isFalse();
    assertThat(window.size()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void timeoutFollowsLatencyAndItsDeviation() {
    RequestWindow steady = new RequestWindow(250);
    RequestWindow jumpy = new RequestWindow(250);
    steady.requestsOutstanding(now);
    jumpy.requestsOutstanding(now);
    for (int i = 0; i < 100; i++) {
      now += 10 * MILLISECOND;
      steady.blockReceived(BLOCK, now, now - 4 * SECOND);
      jumpy.blockReceived(BLOCK, now, now - (i % 2 == 0 ? 2 : 6) * SECOND);
    }
    assertThat(steady.timeoutNanos()).isBetween(4 * SECOND, 5 * SECOND);
    assertThat(jumpy.timeoutNanos()).isBetween(10 * SECOND, 14 * SECOND);
  }

  @Test
  void timeoutStaysWithinTwoAndSixtySeconds() {
    RequestWindow fast = new RequestWindow(250);
    fast.requestsOutstanding(now);
    for (int i = 0; i < 50; i++) {
      now += MILLISECOND;
      fast.blockReceived(BLOCK, now, now - MILLISECOND);
    }
    assertThat(fast.timeoutNanos()).isEqualTo(2 * SECOND);
    for (int i = 0; i < 20; i++) {
      fast.requestTimedOut(now);
    }
    assertThat(fast.timeoutNanos()).isEqualTo(60 * SECOND);
    now += SECOND;
    fast.blockReceived(BLOCK, now, now - MILLISECOND);
    assertThat(fast.timeoutNanos()).isEqualTo(2 * SECOND);
  }

  @Test
  void aTimeoutHalvesTheWindow() {
    RequestWindow window = new RequestWindow(250);
    window.requestsOutstanding(now);
    for (int i = 0; i < 60; i++) {
      window.blockReceived(BLOCK, now, now);
    }
    int before = window.size();
    window.requestTimedOut(now);
    assertThat(window.size()).isEqualTo(before / 2);
  }
}
