package dev.piecework.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Addresses of trackers that did not answer, so that the next announce to a host with several
 * begins with another. Shared by all torrents of a process; from any thread.
 */
final class DeadAddresses {
  private static final int MAX_ENTRIES = 1000;
  private static final long KEPT_NANOS = Duration.ofHours(1).toNanos();

  /** Addresses of one host that are tried in one announce. */
  private static final int MAX_TRIED = 4;

  private final Scheduler clock;
  private final Map<InetSocketAddress, Long> since = new LinkedHashMap<>();

  DeadAddresses(Scheduler clock) {
    this.clock = clock;
  }

  /**
   * The addresses to try, in order: those that did not fail, then those that failed longest ago.
   */
  synchronized List<InetSocketAddress> order(List<InetAddress> addresses, int port) {
    since.values().removeIf(at -> clock.nanoTime() - at >= KEPT_NANOS);
    List<InetSocketAddress> alive = new ArrayList<>();
    for (InetAddress each : addresses) {
      alive.add(new InetSocketAddress(each, port));
    }
    // In the order in which they failed.
    List<InetSocketAddress> dead = since.keySet().stream().filter(alive::contains).toList();
    alive.removeAll(dead);
    alive.addAll(dead);
    return List.copyOf(alive.subList(0, Math.min(alive.size(), MAX_TRIED)));
  }

  synchronized void failed(InetSocketAddress address) {
    since.remove(address);
    if (since.size() >= MAX_ENTRIES) {
      since.remove(since.keySet().iterator().next());
    }
    since.put(address, clock.nanoTime());
  }

  synchronized void answered(InetSocketAddress address) {
    since.remove(address);
  }
}
