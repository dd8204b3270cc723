package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import dev.piecework.worker.store.StoreProbe.Finding;
import dev.piecework.worker.store.StoreProbe.Suspect;
import io.minio.MinioAsyncClient;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one circuit of the endpoint, shared by all requests. It opens only when a probe of its own
 * says that the store cannot be used, never because requests of a job fail: so a job whose requests
 * fail though the store is well is blamed, and no other is.
 *
 * <pre>
 *   closed -- a request failed, and the probe fails too --> open
 *   open   -- the probe, every few seconds, succeeds     --> closed
 * </pre>
 *
 * While it is open, requests wait for it within the time that their callers allow, and the worker
 * takes no jobs.
 */
final class StoreCircuit implements StoreHealth, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StoreCircuit.class);
  private static final Duration REPEAT = Duration.ofSeconds(60);
  private static final int MAX_BUCKETS = 100;

  private final URI endpoint;
  private final Duration interval;
  private final Duration patience;
  private final StoreProbe probe;
  private final Cancellation closed = new Cancellation();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Buckets that this worker's key has been able to use. */
  private final Set<String> used = ConcurrentHashMap.newKeySet();

  private volatile Supplier<List<String>> known = List::of;

  /** One probe at a time; guards {@link #wellAt}. */
  private final ReentrantLock asking = new ReentrantLock();

  /** When the store was last found well, by the bucket that had failed. */
  private final Map<String, Long> wellAt = new HashMap<>();

  private volatile Optional<Open> open = Optional.empty();

  /**
   * @param end completed when it is over
   */
  private record Open(StoreOutage outage, Suspect suspect, Cancellation end) {}

  StoreCircuit(StoreSettings settings, MinioAsyncClient client, StoreErrors errors) {
    this.endpoint = settings.endpoint();
    this.interval = settings.probeInterval();
    this.patience = settings.outageWait();
    this.probe = new StoreProbe(client, errors, this::buckets);
  }

  /** How long a request may wait for the store altogether. */
  Duration patience() {
    return patience;
  }

  @Override
  public Optional<StoreOutage> outage() {
    return open.map(Open::outage);
  }

  @Override
  public void onChange(Runnable action) {
    listeners.add(action);
  }

  @Override
  public void knowBuckets(Supplier<List<String>> names) {
    known = names;
  }

  private List<String> buckets() {
    Set<String> names = new LinkedHashSet<>(used);
    try {
      names.addAll(known.get());
    } catch (RuntimeException e) {
      log.debug("the buckets of other jobs are not known now", e);
    }
    return List.copyOf(names);
  }

  @Override
  public void ask() {
    try {
      judge(Suspect.NONE, System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A request about a bucket has succeeded. */
  void worked(String bucket) {
    if (!used.contains(bucket) && used.size() < MAX_BUCKETS) {
      used.add(bucket);
    }
  }

  /**
   * Finds out whether a failed request is to blame for its failure.
   *
   * @param suspect what it was about
   * @param failedAt when it failed, by {@link System#nanoTime}
   * @return whether the store is well; otherwise the circuit is open now
   */
  boolean judge(Suspect suspect, long failedAt) throws InterruptedException {
    asking.lockInterruptibly();
    try {
      if (open.isPresent()) {
        return false;
      }
      // What one write says, it says of all writes to the bucket.
      String kind = suspect.key().isEmpty() ? suspect.bucket() : suspect.bucket() + " writes";
      Long well = wellAt.get(kind);
      if (well != null && well - failedAt >= 0) {
        return true;
      }
      long begun = System.nanoTime();
      Optional<Finding> finding = probe.ask(suspect);
      if (finding.isEmpty()) {
        if (wellAt.size() >= MAX_BUCKETS) {
          wellAt.clear();
        }
        wellAt.put(kind, begun);
        return true;
      }
      if (!closed.cancelled()) {
        open(finding.get(), suspect);
      }
      return false;
    } finally {
      asking.unlock();
    }
  }

  private void open(Finding finding, Suspect suspect) {
    Open opened =
        new Open(
            new StoreOutage(finding.kind(), Clock.systemUTC().instant(), finding.why()),
            suspect,
            new Cancellation());
    open = Optional.of(opened);
    log.warn(
        "cannot use the object store at {}: {}. This worker takes no jobs until it can; it asks every {} ms",
        endpoint,
        finding.why(),
        interval.toMillis());
    Thread.ofVirtual().name("store-probe").start(() -> watch(opened));
    changed();
  }

  /** Asks until the store is well. */
  private void watch(Open opened) {
    String said = opened.outage().why();
    long saidAt = System.nanoTime();
    try {
      while (!closed.sleep(interval)) {
        Optional<Finding> finding = probe.ask(opened.suspect());
        if (finding.isEmpty()) {
          break;
        }
        String why = finding.get().why();
        StoreOutage now = new StoreOutage(finding.get().kind(), opened.outage().since(), why);
        open = Optional.of(new Open(now, opened.suspect(), opened.end()));
        if (!why.equals(said) || System.nanoTime() - saidAt > REPEAT.toNanos()) {
          log.warn("still {}", now.text());
          said = why;
          saidAt = System.nanoTime();
          changed();
        }
      }
      if (!closed.cancelled()) {
        log.info("the object store at {} can be used: taking jobs again", endpoint);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open = Optional.empty();
      opened.end().cancel();
      changed();
    }
  }

  private void changed() {
    listeners.forEach(listener -> Thread.ofVirtual().name("store-change").start(listener));
  }

  /**
   * Lets a request through when the store is well.
   *
   * @param atMost how long to wait for that
   * @return how long it has waited
   * @throws StoreException if it stays away, or refuses this worker
   */
  Duration pass(Cancellation cancellation, Duration atMost)
      throws StoreException, InterruptedException {
    long begun = System.nanoTime();
    while (true) {
      Optional<Open> now = open;
      Duration waited = Duration.ofNanos(System.nanoTime() - begun);
      if (now.isEmpty() || cancellation.cancelled()) {
        return waited;
      }
      Duration left = atMost.minus(waited);
      if (!now.get().outage().kind().waits() || left.isNegative() || left.isZero()) {
        throw StoreException.outage(now.get().outage());
      }
      Duration step = left.compareTo(interval) < 0 ? left : interval;
      cancellation.awaitEither(now.get().end(), step);
    }
  }

  /** Whether a failure may be the store's, or this worker's own. */
  static boolean suspicious(Reason reason) {
    return switch (reason) {
      case UNAVAILABLE, UNRESOLVED, WORKER_REFUSED, DENIED -> true;
      default -> false;
    };
  }

  @Override
  public void close() {
    closed.cancel();
  }
}
