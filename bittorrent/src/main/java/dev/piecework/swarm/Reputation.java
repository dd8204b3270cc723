package dev.piecework.swarm;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whom not to deal with, for how long. Who sent corrupt data is banned at once; who breaks the
 * protocol is banned when it has done so several times, as one slip may be a bug that the next
 * connection does not meet. Bans expire; each one in a row is {@value #GROWTH} times as long as the
 * one before. Names come from {@link PeerNetwork#culprit}.
 *
 * <p>Bounded: beyond the capacity whoever was heard of least recently is forgotten. Thread-safe.
 */
public final class Reputation {
  /** How much longer each further ban is. */
  static final int GROWTH = 5;

  private final int capacity;
  private final int slipsAllowed;
  private final long banNanos;
  private final long longestBanNanos;
  private final Map<InetSocketAddress, History> histories;
  private long bansForProtocolErrors;
  private long bansForCorruptData;

  /**
   * Bans so far, those that have expired too.
   *
   * @param forProtocolErrors because the protocol was broken several times
   * @param forCorruptData because data that failed its hash was sent
   */
  public record Bans(long forProtocolErrors, long forCorruptData) {}

  /**
   * @param capacity most culprits remembered
   * @param slipsAllowed times that the protocol may be broken without a ban
   * @param ban length of the first ban
   * @param longestBan no ban is longer; a history is forgotten when nothing was added to it for
   *     this long
   */
  public Reputation(int capacity, int slipsAllowed, Duration ban, Duration longestBan) {
    this.capacity = capacity;
    this.slipsAllowed = slipsAllowed;
    this.banNanos = ban.toNanos();
    this.longestBanNanos = longestBan.toNanos();
    this.histories = new LinkedHashMap<>(16, 0.75f, true);
  }

  /** A peer broke the protocol. */
  public synchronized void slipped(InetSocketAddress culprit, long nowNanos) {
    History history = history(culprit, nowNanos);
    history.slips++;
    if (history.slips > slipsAllowed) {
      history.slips = 0;
      bansForProtocolErrors++;
      ban(history, nowNanos);
    }
  }

  /** A peer sent corrupt data. */
  public synchronized void corrupt(InetSocketAddress culprit, long nowNanos) {
    // Of several pieces found corrupt one after another, each makes the ban longer.
    bansForCorruptData += banned(culprit, nowNanos) ? 0 : 1;
    ban(history(culprit, nowNanos), nowNanos);
  }

  /** A peer gave much that was good: earlier slips no longer count. */
  public synchronized void proved(InetSocketAddress culprit) {
    History history = histories.get(culprit);
    if (history != null) {
      history.slips = 0;
    }
  }

  /** Whether a peer is banned now. */
  public synchronized boolean banned(InetSocketAddress culprit, long nowNanos) {
    History history = histories.get(culprit);
    return history != null && history.bans > 0 && nowNanos - history.bannedUntilNanos < 0;
  }

  /** Bans so far. */
  public synchronized Bans bans() {
    return new Bans(bansForProtocolErrors, bansForCorruptData);
  }

  /** Culprits remembered. */
  public synchronized int size() {
    return histories.size();
  }

  private History history(InetSocketAddress culprit, long nowNanos) {
    History history = histories.get(culprit);
    if (history == null || nowNanos - history.changedNanos > longestBanNanos) {
      history = new History();
      histories.put(culprit, history);
      if (histories.size() > capacity) {
        histories.remove(histories.keySet().iterator().next());
      }
    }
    history.changedNanos = nowNanos;
    return history;
  }

  private void ban(History history, long nowNanos) {
    long length = banNanos;
    for (int i = 0; i < history.bans && length < longestBanNanos; i++) {
      length = Math.min(length * GROWTH, longestBanNanos);
    }
    history.bans++;
    history.bannedUntilNanos = nowNanos + Math.min(length, longestBanNanos);
    // So that the history outlives the ban.
    history.changedNanos = history.bannedUntilNanos;
  }

  private static final class History {
    int slips;
    int bans;
    long changedNanos;
    long bannedUntilNanos;
  }
}
