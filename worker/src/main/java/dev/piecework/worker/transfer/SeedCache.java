package dev.piecework.worker.transfer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was read from the store for peers, of all jobs of a worker: peers ask for 16 KiB at a time,
 * and the store is asked for whole ranges. Bounded in bytes, those that are on their way included,
 * and in reads at once; the range that was not asked for longest goes first. Who asks for a range
 * that is on its way waits for it.
 */
public final class SeedCache {
  /** How long a request of a peer waits for room; longer, and the peer asks another. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final long maxBytes;
  private final int maxReads;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Key, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Key, CompletableFuture<Optional<byte[]>>> coming = new HashMap<>();
  private final Counter bytesRead;
  private final Counter unavailable;
  private final Counter missing;
  private final Counter wrong;
  private long bytes;
  private int reads;

  private record Key(StoredPieces owner, int range) {}

  /** Empty. */
  public SeedCache(SeedSettings settings, MeterRegistry registry) {
    this.maxBytes = settings.cacheBytes().toBytes();
    this.maxReads = settings.concurrentReads();
    this.bytesRead =
        Counter.builder("piecework.seed.store.read")
            .baseUnit("bytes")
            .description("Bytes read from the store to serve them to peers")
            .register(registry);
    this.unavailable = failures(registry, "unavailable");
    this.missing = failures(registry, "missing");
    this.wrong = failures(registry, "wrong");
  }

  private static Counter failures(MeterRegistry registry, String cause) {
    return Counter.builder("piecework.seed.store.failures")
        .description("Reads from the store for peers that brought nothing to serve")
        .tag("cause", cause)
        .register(registry);
  }

  /** Most bytes. */
  public long maxBytes() {
    return maxBytes;
  }

  /** Bytes that are here or on their way. */
  public long usedBytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** What came. */
  void count(long bytesCame) {
    bytesRead.increment((double) bytesCame);
  }

  /** The store did not answer. */
  void unavailable() {
    unavailable.increment();
  }

  /** The store has no such object. */
  void missing() {
    missing.increment();
  }

  /** The store gave other bytes than it was sent. */
  void wrong() {
    wrong.increment();
  }

  /**
   * The bytes of a range; not to be changed.
   *
   * @return empty if they cannot be had now
   */
  Optional<byte[]> get(StoredPieces owner, int range) throws InterruptedException {
    Key key = new Key(owner, range);
    int length = owner.rangeLength(range);
    CompletableFuture<Optional<byte[]>> mine = new CompletableFuture<>();
    CompletableFuture<Optional<byte[]>> other;
    lock.lockInterruptibly();
    try {
      byte[] found = kept.get(key);
      if (found != null) {
        return Optional.of(found);
      }
      other = coming.putIfAbsent(key, mine);
    } finally {
      lock.unlock();
    }
    if (other != null) {
      return other.join();
    }
    Optional<byte[]> read = Optional.empty();
    boolean admitted = false;
    try {
      admitted = admitted(owner, length);
      if (admitted) {
        read = owner.load(range);
      }
    } finally {
      ended(key, length, admitted, read);
      mine.complete(read);
    }
    return read;
  }

  private boolean admitted(StoredPieces owner, int length) throws InterruptedException {
    long left = PATIENCE.toNanos();
    lock.lockInterruptibly();
    try {
      while (!owner.closed()) {
        evict(length);
        if (bytes + length <= maxBytes && reads < maxReads) {
          bytes += length;
          reads++;
          return true;
        }
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void evict(int length) {
    Iterator<byte[]> oldest = kept.values().iterator();
    while (bytes + length > maxBytes && oldest.hasNext()) {
      bytes -= oldest.next().length;
      oldest.remove();
    }
  }

  private void ended(Key key, int length, boolean admitted, Optional<byte[]> read) {
    lock.lock();
    try {
      coming.remove(key);
      if (admitted) {
        reads--;
        if (read.isPresent() && !key.owner().closed()) {
          kept.put(key, read.get());
        } else {
          bytes -= length;
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A job is at work no more: forgets what is its own. */
  void forget(StoredPieces owner) {
    lock.lock();
    try {
      Iterator<Map.Entry<Key, byte[]>> each = kept.entrySet().iterator();
      while (each.hasNext()) {
        Map.Entry<Key, byte[]> entry = each.next();
        if (entry.getKey().owner() == owner) {
          bytes -= entry.getValue().length;
          each.remove();
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
