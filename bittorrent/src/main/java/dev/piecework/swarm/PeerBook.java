package dev.piecework.swarm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Addresses of a torrent's peers, and when each may be called. Referrers take turns: whoever named
 * few addresses is heard as often as who named thousands. An address that fails is called again
 * after a delay that doubles, see {@link CallOutcome}.
 *
 * <p>Bounded: when full, the referrer with most addresses makes room for one with fewer, what has
 * failed first; what was given by whoever added the torrent makes room for nobody. Of one network
 * no more than {@value #MOST_PER_NETWORK} ports are kept. Pure; used by the torrent's owner thread
 * alone.
 */
public final class PeerBook {
  /** Ports kept of one network: a list of them is no swarm, but an attack on that host. */
  static final int MOST_PER_NETWORK = 32;

  private static final int MOST_IMPOSSIBLE = 64;

  private final int capacity;
  private final Map<InetSocketAddress, Entry> entries = new HashMap<>();
  private final Map<InetAddress, Integer> perNetwork = new HashMap<>();

  /** By referrer, the one whose turn is next first. */
  private final Map<Referrer, Map<InetSocketAddress, Entry>> byReferrer = new LinkedHashMap<>();

  private final Set<InetSocketAddress> impossible = new LinkedHashSet<>();

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

  /**
   * Notes an address; known and impossible ones change nothing, but that one given by whoever added
   * the torrent counts as given from then on.
   */
  public void add(InetSocketAddress address, Referrer referrer) {
    if (address.isUnresolved() || address.getPort() == 0 || impossible.contains(address)) {
      return;
    }
    boolean given = referrer.origin() == PeerOrigin.GIVEN;
    Entry known = entries.get(address);
    if (known != null) {
      if (given && !known.referrer.equals(referrer)) {
        moveTo(referrer, address, known);
      }
      return;
    }
    InetAddress network = PeerNetwork.of(address.getAddress());
    if (!given
        && !PeerNetwork.shared(network)
        && perNetwork.getOrDefault(network, 0) >= MOST_PER_NETWORK) {
      return;
    }
    if (entries.size() >= capacity && !makeRoom(referrer)) {
      return;
    }
    Entry entry = new Entry(referrer);
    entries.put(address, entry);
    perNetwork.merge(network, 1, Integer::sum);
    byReferrer.computeIfAbsent(referrer, _ -> new LinkedHashMap<>()).put(address, entry);
  }

  private void moveTo(Referrer referrer, InetSocketAddress address, Entry entry) {
    forget(entry.referrer, address);
    entry.referrer = referrer;
    byReferrer.computeIfAbsent(referrer, _ -> new LinkedHashMap<>()).put(address, entry);
  }

  private boolean makeRoom(Referrer newcomer) {
    Referrer largest = newcomer;
    int most = byReferrer.getOrDefault(newcomer, Map.of()).size();
    for (Map.Entry<Referrer, Map<InetSocketAddress, Entry>> each : byReferrer.entrySet()) {
      // One more, so that two of equal size do not push each other out for ever.
      if (each.getKey().origin() != PeerOrigin.GIVEN && each.getValue().size() > most + 1) {
        largest = each.getKey();
        most = each.getValue().size();
      }
    }
    boolean own = largest.equals(newcomer);
    InetSocketAddress victim = null;
    int failures = own ? 0 : -1;
    for (Map.Entry<InetSocketAddress, Entry> each :
        byReferrer.getOrDefault(largest, Map.of()).entrySet()) {
      Entry entry = each.getValue();
      if (!entry.busy && entry.failures > failures) {
        victim = each.getKey();
        failures = entry.failures;
      }
    }
    if (victim == null) {
      return false;
    }
    drop(victim);
    return true;
  }

  /**
   * The address to call next: of the referrer whose turn it is, one that failed least often.
   *
   * @param nowNanos the clock
   * @param seedsToo whether peers are wanted that are known to want nothing themselves
   * @param referrers which referrers may have a call begun now
   * @param addresses which addresses may be called now
   */
  public Optional<InetSocketAddress> next(
      long nowNanos,
      boolean seedsToo,
      Predicate<Referrer> referrers,
      Predicate<InetSocketAddress> addresses) {
    for (Map.Entry<Referrer, Map<InetSocketAddress, Entry>> each : byReferrer.entrySet()) {
      Referrer referrer = each.getKey();
      if (!referrers.test(referrer)) {
        continue;
      }
      Optional<InetSocketAddress> best = best(each.getValue(), nowNanos, seedsToo, addresses);
      if (best.isPresent()) {
        // To the end of the line.
        byReferrer.remove(referrer);
        byReferrer.put(referrer, each.getValue());
        return best;
      }
    }
    return Optional.empty();
  }

  private static Optional<InetSocketAddress> best(
      Map<InetSocketAddress, Entry> from,
      long nowNanos,
      boolean seedsToo,
      Predicate<InetSocketAddress> addresses) {
    InetSocketAddress best = null;
    int fewest = Integer.MAX_VALUE;
    for (Map.Entry<InetSocketAddress, Entry> each : from.entrySet()) {
      Entry entry = each.getValue();
      if (!entry.busy
          && entry.failures < fewest
          && (seedsToo || !entry.seed)
          && (!entry.delayed || nowNanos - entry.notBeforeNanos >= 0)
          && addresses.test(each.getKey())) {
        best = each.getKey();
        fewest = entry.failures;
        if (fewest == 0) {
          break;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** An address is being called. */
  public void busy(InetSocketAddress address) {
    Entry entry = entries.get(address);
    if (entry != null) {
      entry.busy = true;
    }
  }

  /** A call, or the connection that came of it, has ended. */
  public void ended(InetSocketAddress address, CallOutcome outcome, long nowNanos) {
    Entry entry = entries.get(address);
    if (entry != null) {
      entry.busy = false;
      entry.seed = outcome == CallOutcome.NOT_NEEDED;
      entry.delayed = true;
      entry.notBeforeNanos = nowNanos + outcome.delayNanos(entry.failures);
      entry.failures = outcome.failure() ? entry.failures + 1 : 0;
    }
  }

  /** An address is no peer for us, ever: our own. */
  public void remove(InetSocketAddress address) {
    drop(address);
    if (impossible.size() >= MOST_IMPOSSIBLE) {
      Iterator<InetSocketAddress> eldest = impossible.iterator();
      eldest.next();
      eldest.remove();
    }
    impossible.add(address);
  }

  private void drop(InetSocketAddress address) {
    Entry entry = entries.remove(address);
    if (entry != null) {
      forget(entry.referrer, address);
      perNetwork.computeIfPresent(
          PeerNetwork.of(address.getAddress()), (_, count) -> count > 1 ? count - 1 : null);
    }
  }

  private void forget(Referrer referrer, InetSocketAddress address) {
    Map<InetSocketAddress, Entry> named = byReferrer.getOrDefault(referrer, Map.of());
    named.remove(address);
    if (named.isEmpty()) {
      byReferrer.remove(referrer);
    }
  }

  /** Who named an address; empty if it is not kept. */
  public Optional<Referrer> referrer(InetSocketAddress address) {
    return Optional.ofNullable(entries.get(address)).map(entry -> entry.referrer);
  }

  /** Tells of every address that is neither connected nor being called. */
  public void forEachResting(Consumer<PeerOrigin> action) {
    for (Entry entry : entries.values()) {
      if (!entry.busy) {
        action.accept(entry.referrer.origin());
      }
    }
  }

  private static final class Entry {
    Referrer referrer;
    boolean busy;
    boolean seed;
    int failures;
    boolean delayed;
    long notBeforeNanos;

    Entry(Referrer referrer) {
      this.referrer = referrer;
    }
  }
}
