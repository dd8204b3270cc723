package dev.piecework.tracker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Connection ids that UDP trackers gave us, each good for a minute (BEP 15). Shared by all torrents
 * of a process; from any thread.
 */
final class UdpConnectionIds {
  private static final int MAX_ENTRIES = 1000;

  private final Scheduler clock;
  private final long maxAgeNanos;
  private final Map<InetSocketAddress, Entry> entries = new HashMap<>();

  UdpConnectionIds(Scheduler clock, Duration maxAge) {
    this.clock = clock;
    this.maxAgeNanos = maxAge.toNanos();
  }

  synchronized OptionalLong find(InetSocketAddress tracker) {
    Entry entry = entries.get(tracker);
    return entry == null || isOld(entry) ? OptionalLong.empty() : OptionalLong.of(entry.id);
  }

  synchronized void remember(InetSocketAddress tracker, long id) {
    entries.values().removeIf(this::isOld);
    if (entries.size() < MAX_ENTRIES) {
      entries.put(tracker, new Entry(id, clock.nanoTime()));
    }
  }

  synchronized void forget(InetSocketAddress tracker) {
    entries.remove(tracker);
  }

  private boolean isOld(Entry entry) {
    return clock.nanoTime() - entry.receivedAtNanos >= maxAgeNanos;
  }

  private record Entry(long id, long receivedAtNanos) {}
}
