package dev.piecework.engine;

import dev.piecework.wire.WireException;

/**
 * How many messages one peer may send that bring nothing new: each costs work, and nothing else
 * bounds them. Blocks we asked for, pieces it did not have before and requests that are served are
 * free. Whoever has used up the burst is not read until it is earned again; whoever then sends as
 * much as a burst still (it was on its way) floods us and is dropped.
 */
final class MessageBudget {
  /** Seconds of the rate that may come at once. */
  static final int BURST_SECONDS = 8;

  private static final long SECOND = 1_000_000_000L;

  private final int perSecond;
  private final long nanosPerMessage;
  private final long burst;
  private long tokens;
  private long filledAtNanos;

  /**
   * @param perSecond messages earned in a second, at least 1
   */
  MessageBudget(int perSecond, long nowNanos) {
    this.perSecond = perSecond;
    this.nanosPerMessage = SECOND / perSecond;
    this.burst = (long) perSecond * BURST_SECONDS;
    this.tokens = burst;
    this.filledAtNanos = nowNanos;
  }

  /**
   * Takes the price of a message.
   *
   * @param price in messages that bring nothing new
   * @throws WireException if the peer floods us
   */
  void take(int price) throws WireException {
    tokens -= price;
    if (tokens < -burst) {
      throw new WireException(
          "floods us: more than %d messages that bring nothing new, at most %d a second"
              .formatted(2 * burst, perSecond));
    }
  }

  /** Whether the peer's messages may be read. */
  boolean left(long nowNanos) {
    long earned = (nowNanos - filledAtNanos) / nanosPerMessage;
    if (earned > 0) {
      tokens = Math.min(burst, tokens + earned);
      filledAtNanos += earned * nanosPerMessage;
    }
    return tokens > 0;
  }
}
