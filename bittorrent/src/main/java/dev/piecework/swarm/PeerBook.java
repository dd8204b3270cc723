package dev.piecework.swarm;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Addresses of a torrent's peers, and when each may be tried. An address that fails is tried again
 * after a delay that doubles from ten seconds to an hour. Bounded: when full, an address that has
 * failed makes room. Pure; used by the torrent's owner thread alone.
 */
public final class PeerBook {
  private static final long FIRST_DELAY_NANOS = 10_000_000_000L;
  private static final int MOST_DOUBLINGS = 8;
  private static final long AGAIN_NANOS = 30_000_000_000L;

  private final int capacity;
  private final Map<InetSocketAddress, Entry> entries = new LinkedHashMap<>();
  private final Set<InetSocketAddress> banned = new HashSet<>();

  /**
   * @param capacity most addresses kept
   */
  public PeerBook(int capacity) {
    this.capacity = capacity;
  }

  /** Addresses known. */
  public int size() {
    return entries.size();
  }

  /** Notes an address; known, banned and impossible ones change nothing. */
  public void add(InetSocketAddress address, PeerOrigin origin) {
    if (address.isUnresolved()
        || address.getPort() == 0
        || entries.containsKey(address)
        || banned(address)) {
      return;
    }
    if (entries.size() >= capacity && !dropFailed()) {
      return;
    }
    entries.put(address, new Entry(origin));
  }

  private boolean dropFailed() {
    Iterator<Entry> all = entries.values().iterator();
    while (all.hasNext()) {
      Entry each = all.next();
      if (!each.busy && each.failures > 0) {
        all.remove();
        return true;
      }
    }
    return false;
  }

  /**
   * The address to try next: one that never failed before one that did.
   *
   * @param nowNanos the clock
   * @param seedsToo whether peers are wanted that are known to want nothing themselves
   */
  public Optional<InetSocketAddress> next(long nowNanos, boolean seedsToo) {
    InetSocketAddress best = null;
    int fewest = Integer.MAX_VALUE;
    for (Map.Entry<InetSocketAddress, Entry> each : entries.entrySet()) {
      Entry entry = each.getValue();
      if (!entry.busy
          && entry.failures < fewest
          && (seedsToo || !entry.seed)
          && (!entry.delayed || nowNanos - entry.notBeforeNanos >= 0)) {
        best = each.getKey();
        fewest = entry.failures;
      }
    }
    return Optional.ofNullable(best);
  }

  /** An address is being tried, or has come to us. */
  public void busy(InetSocketAddress address) {
    Entry entry = entries.get(address);
    if (entry != null) {
      entry.busy = true;
    }
  }

  /** Nobody answered there, or not as a peer of this torrent. */
  public void failed(InetSocketAddress address, long nowNanos) {
    Entry entry = entries.get(address);
    if (entry != null) {
      entry.busy = false;
      long delay = FIRST_DELAY_NANOS << Math.min(entry.failures, MOST_DOUBLINGS);
      entry.failures++;
      entry.notBefore(nowNanos + delay);
    }
  }

  /** A connection there has worked and is closed. */
  public void closed(InetSocketAddress address, boolean seed, long nowNanos) {
    Entry entry = entries.get(address);
    if (entry != null) {
      entry.busy = false;
      entry.failures = 0;
      entry.seed = seed;
      entry.notBefore(nowNanos + AGAIN_NANOS);
    }
  }

  /** An address is no peer for us, ever: our own, or refused. */
  public void remove(InetSocketAddress address) {
    entries.remove(address);
    if (banned.size() < capacity) {
      banned.add(address);
    }
  }

  /** Nothing is to be taken from this host any more; see {@link #culprit}. */
  public void ban(InetSocketAddress culprit) {
    if (banned.size() < capacity) {
      banned.add(culprit);
    }
    entries.keySet().removeIf(address -> culprit(address).equals(culprit));
  }

  /** Whether an address is banned. */
  public boolean banned(InetSocketAddress address) {
    return banned.contains(address) || banned.contains(culprit(address));
  }

  /**
   * Whom to blame for what came from an address: the host, as ports cost nothing; on loopback,
   * where all peers share the host, the address itself.
   */
  public static InetSocketAddress culprit(InetSocketAddress address) {
    return address.getAddress().isLoopbackAddress()
        ? address
        : new InetSocketAddress(address.getAddress(), 0);
  }

  /** Where an address came from; empty if it is not kept. */
  public Optional<PeerOrigin> origin(InetSocketAddress address) {
    return Optional.ofNullable(entries.get(address)).map(entry -> entry.origin);
  }

  /** Tells of every address that is neither connected nor being tried. */
  public void forEachResting(Consumer<PeerOrigin> action) {
    for (Entry entry : entries.values()) {
      if (!entry.busy) {
        action.accept(entry.origin);
      }
    }
  }

  private static final class Entry {
    final PeerOrigin origin;
    boolean busy;
    boolean seed;
    int failures;
    boolean delayed;
    long notBeforeNanos;

    Entry(PeerOrigin origin) {
      this.origin = origin;
    }

    void notBefore(long untilNanos) {
      delayed = true;
      notBeforeNanos = untilNanos;
    }
  }
}
