package dev.piecework.swarm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Decides which peers may request from us (BEP 3, "choking algorithms").
 *
 * <p>Downloading, the slots go to those who gave us most in the last round, but one: the optimistic
 * slot goes to a random other peer for 30 seconds, so that newcomers get a chance and better
 * partners are found. Peers that have been connected for less than a minute are three times as
 * likely to get it. Seeding, nobody gives us anything: each gets a turn of a minute, those who
 * waited longest first, and of those whose turn lasts the fastest keep their slot.
 *
 * <p>Turns are remembered by host, bounded: a peer that connects anew is not a newcomer, but one
 * that has just been served.
 *
 * <p>Pure: no sockets, clock passed in, randomness injected. Used by the torrent's owner thread
 * alone.
 *
 * @param <P> a peer; identity by equals
 */
public final class Choker<P> {
  /** Peers unchoked at once unless set otherwise. */
  public static final int DEFAULT_SLOTS = 8;

  /** Time between two full decisions. */
  public static final long RECHOKE_NANOS = 10_000_000_000L;

  /** How long an optimistic unchoke lasts. */
  public static final long OPTIMISTIC_NANOS = 30_000_000_000L;

  /** How long a peer keeps its slot while we seed and others wait. */
  public static final long SEED_TURN_NANOS = 60_000_000_000L;

  private static final long NEW_PEER_NANOS = 60_000_000_000L;
  private static final int NEW_PEER_WEIGHT = 3;

  /** Most hosts remembered; the one served longest ago is forgotten first. */
  static final int MOST_HOSTS = 1000;

  private final int slots;
  private final RandomGenerator random;
  private Set<P> unchoked = Set.of();
  private Optional<P> optimistic = Optional.empty();
  private long optimisticSinceNanos;
  private Optional<Long> decidedAtNanos = Optional.empty();
  private Optional<Object> optimisticHost = Optional.empty();
  private Map<P, Turn> turns = new HashMap<>();

  /** When each host was last served, the longest ago first. */
  private final Map<Object, Long> served = new LinkedHashMap<>();

  /**
   * @param slots peers unchoked at once, at least 1
   * @param random for the optimistic slot
   */
  public Choker(int slots, RandomGenerator random) {
    this.slots = Math.max(1, slots);
    this.random = random;
  }

  /**
   * One connected peer at the moment of a decision.
   *
   * @param peer who
   * @param host where it is: what stays the same when it connects anew
   * @param interested whether it wants anything of us
   * @param snubbing whether it has sent us nothing for long although asked: it gets no slot for
   *     giving
   * @param receivedBytes block bytes it gave us since the last full decision
   * @param sentBytes block bytes we gave it since the last full decision
   * @param connectedAtNanos when its handshake was done
   */
  public record Candidate<P>(
      P peer,
      Object host,
      boolean interested,
      boolean snubbing,
      long receivedBytes,
      long sentBytes,
      long connectedAtNanos) {}

  /** Whether a full decision is due. */
  public boolean due(long nowNanos) {
    return decidedAtNanos.isEmpty() || nowNanos - decidedAtNanos.get() >= RECHOKE_NANOS;
  }

  /**
   * The full decision, every {@link #RECHOKE_NANOS}.
   *
   * @param peers every connected peer
   * @param seeding whether we need nothing from anybody
   * @return who is unchoked from now on; everybody else is choked
   */
  public Set<P> decide(long nowNanos, List<Candidate<P>> peers, boolean seeding) {
    decidedAtNanos = Optional.of(nowNanos);
    List<Candidate<P>> interested = peers.stream().filter(Candidate::interested).toList();
    Set<P> chosen =
        seeding ? chooseSeeding(nowNanos, interested) : chooseDownloading(nowNanos, interested);
    return commit(nowNanos, chosen, peers);
  }

  /**
   * Between two full decisions, when a peer has become interested, lost interest or gone: everybody
   * who still wants a slot keeps it, and free slots are given away at once.
   *
   * @param peers every connected peer
   * @return who is unchoked from now on; everybody else is choked
   */
  public Set<P> fill(long nowNanos, List<Candidate<P>> peers) {
    List<Candidate<P>> interested = peers.stream().filter(Candidate::interested).toList();
    Set<P> chosen = new LinkedHashSet<>();
    for (Candidate<P> candidate : interested) {
      if (unchoked.contains(candidate.peer)) {
        chosen.add(candidate.peer);
      }
    }
    if (optimistic.isPresent() && !chosen.contains(optimistic.get())) {
      optimistic = Optional.empty();
    }
    Comparator<Candidate<P>> order = byGiven().thenComparing(longestWaiting(nowNanos));
    addUpTo(slots, chosen, interested.stream().sorted(order).toList());
    return commit(nowNanos, chosen, peers);
  }

  private Set<P> chooseDownloading(long nowNanos, List<Candidate<P>> interested) {
    Set<P> chosen = new LinkedHashSet<>();
    List<Candidate<P>> givers =
        interested.stream().filter(c -> !c.snubbing).sorted(byGiven()).toList();
    addUpTo(Math.max(1, slots - 1), chosen, givers);
    if (slots == 1 && interested.size() > 1) {
      // One slot only: it is the giver's two thirds of the time, a stranger's otherwise.
      return nowNanos / OPTIMISTIC_NANOS % 3 == 0
          ? pickOptimistic(nowNanos, interested, Set.of())
          : chosen;
    }
    chosen.addAll(pickOptimistic(nowNanos, interested, chosen));
    // Whoever is left over costs nothing while slots are free.
    addUpTo(slots, chosen, interested);
    return chosen;
  }

  private Set<P> pickOptimistic(long nowNanos, List<Candidate<P>> interested, Set<P> taken) {
    List<Candidate<P>> waiting = interested.stream().filter(c -> !taken.contains(c.peer)).toList();
    if (waiting.isEmpty()) {
      optimistic = Optional.empty();
      return Set.of();
    }
    boolean keep =
        optimistic.isPresent()
            && nowNanos - optimisticSinceNanos < OPTIMISTIC_NANOS
            && waiting.stream().anyMatch(c -> c.peer.equals(optimistic.get()));
    if (!keep) {
      Candidate<P> next = draw(nowNanos, waiting);
      optimistic = Optional.of(next.peer);
      optimisticHost = Optional.of(next.host);
      optimisticSinceNanos = nowNanos;
    }
    return Set.of(optimistic.get());
  }

  private Candidate<P> draw(long nowNanos, List<Candidate<P>> waiting) {
    // Somebody else than last time, if there is anybody.
    List<Candidate<P>> others =
        waiting.stream().filter(c -> !optimisticHost.equals(Optional.of(c.host))).toList();
    List<Candidate<P>> from = others.isEmpty() ? waiting : others;
    int total = 0;
    for (Candidate<P> candidate : from) {
      total += weight(nowNanos, candidate);
    }
    int drawn = random.nextInt(total);
    for (Candidate<P> candidate : from) {
      drawn -= weight(nowNanos, candidate);
      if (drawn < 0) {
        return candidate;
      }
    }
    throw new IllegalStateException("drew beyond the total weight " + total);
  }

  private int weight(long nowNanos, Candidate<?> candidate) {
    boolean newcomer =
        nowNanos - candidate.connectedAtNanos < NEW_PEER_NANOS
            && !served.containsKey(candidate.host);
    return newcomer ? NEW_PEER_WEIGHT : 1;
  }

  private Turn turn(Candidate<P> candidate) {
    Turn turn = turns.get(candidate.peer);
    if (turn != null) {
      return turn;
    }
    Long last = served.get(candidate.host);
    return last == null ? Turn.NEVER : new Turn(false, last, true);
  }

  private Set<P> chooseSeeding(long nowNanos, List<Candidate<P>> interested) {
    optimistic = Optional.empty();
    Set<P> chosen = new LinkedHashSet<>();
    List<Candidate<P>> inTurn = new ArrayList<>();
    List<Candidate<P>> others = new ArrayList<>();
    for (Candidate<P> candidate : interested) {
      Turn turn = turn(candidate);
      boolean mayStay = turn.unchoked && nowNanos - turn.sinceNanos < SEED_TURN_NANOS;
      (mayStay ? inTurn : others).add(candidate);
    }
    Comparator<Candidate<P>> fastest = Comparator.comparingLong(c -> -c.sentBytes);
    addUpTo(slots, chosen, inTurn.stream().sorted(fastest).toList());
    addUpTo(slots, chosen, others.stream().sorted(longestWaiting(nowNanos)).toList());
    return chosen;
  }

  private Comparator<Candidate<P>> longestWaiting(long nowNanos) {
    return Comparator.<Candidate<P>>comparingLong(c -> turn(c).waiting(nowNanos)).reversed();
  }

  private Set<P> commit(long nowNanos, Set<P> chosen, List<Candidate<P>> peers) {
    Map<P, Turn> next = HashMap.newHashMap(peers.size());
    for (Candidate<P> candidate : peers) {
      P peer = candidate.peer;
      Turn turn = turn(candidate);
      boolean now = chosen.contains(peer);
      boolean expired = turn.unchoked && nowNanos - turn.sinceNanos >= SEED_TURN_NANOS;
      if (turn.unchoked != now || (now && expired)) {
        next.put(peer, new Turn(now, nowNanos, true));
      } else {
        next.put(peer, turn);
      }
    }
    turns = next;
    unchoked = Set.copyOf(chosen);
    remember(nowNanos, peers);
    return unchoked;
  }

  private void remember(long nowNanos, List<Candidate<P>> peers) {
    for (Candidate<P> candidate : peers) {
      if (unchoked.contains(candidate.peer)) {
        served.remove(candidate.host);
        served.put(candidate.host, nowNanos);
      }
    }
    Iterator<Object> eldest = served.keySet().iterator();
    while (served.size() > MOST_HOSTS) {
      eldest.next();
      eldest.remove();
    }
  }

  private static <P> void addUpTo(int count, Set<P> chosen, List<Candidate<P>> ranked) {
    for (Candidate<P> candidate : ranked) {
      if (chosen.size() >= count) {
        return;
      }
      chosen.add(candidate.peer);
    }
  }

  private Comparator<Candidate<P>> byGiven() {
    // Of equals, those who have a slot keep it: every change costs both sides a start.
    return Comparator.<Candidate<P>>comparingLong(c -> -c.receivedBytes)
        .thenComparing(c -> !unchoked.contains(c.peer));
  }

  /** Since when a peer has been choked or unchoked. */
  private record Turn(boolean unchoked, long sinceNanos, boolean everServed) {
    static final Turn NEVER = new Turn(false, 0, false);

    /** How long it has waited: those never served first, those whose turn is just over last. */
    long waiting(long nowNanos) {
      if (!everServed) {
        return Long.MAX_VALUE;
      }
      return unchoked ? -1 : nowNanos - sinceNanos;
    }
  }
}
