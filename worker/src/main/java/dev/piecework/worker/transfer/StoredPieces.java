package dev.piecework.worker.transfer;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pieces of a job whose objects are complete, read back from the store for peers. Read are
 * ranges: a piece, or neighbouring pieces of 1 MiB together where pieces are short and files are
 * not. Each piece is hashed before anything of it is served.
 *
 * <p>A store that does not answer is left alone for some seconds; the requests of peers are
 * rejected meanwhile. What the store does not have, or has changed, is served no more.
 */
final class StoredPieces {
  private static final Logger log = LoggerFactory.getLogger(StoredPieces.class);
  private static final int RANGE_BYTES = 1 << 20;

  /** A range over more objects costs too many requests for what a peer asks. */
  private static final int MOST_OBJECTS = 32;

  private static final Duration REST = Duration.ofSeconds(5);

  private final ObjectLayout layout;
  private final Metainfo metainfo;
  private final String bucket;
  private final ObjectStore store;
  private final SeedCache cache;
  private final IntConsumer gone;
  private final int piecesPerRange;
  private final Cancellation closed = new Cancellation();
  private final ReentrantLock lock = new ReentrantLock();

  // Under the lock.
  private final BitSet served;
  private long restsSince;
  private boolean resting;

  /**
   * @param gone told, by its index, of each piece that is served no more
   */
  StoredPieces(
      ObjectLayout layout, String bucket, ObjectStore store, SeedCache cache, IntConsumer gone) {
    this.layout = layout;
    this.metainfo = layout.metainfo();
    this.bucket = bucket;
    this.store = store;
    this.cache = cache;
    this.gone = gone;
    boolean longFiles = (long) layout.objects().size() * RANGE_BYTES <= metainfo.totalLength();
    this.piecesPerRange = longFiles ? Math.max(1, RANGE_BYTES / metainfo.pieceLength()) : 1;
    this.served = new BitSet(metainfo.pieceCount());
    for (int range = 0; first(range) < metainfo.pieceCount(); range++) {
      if (rangeLength(range) <= cache.maxBytes() && objects(range).size() <= MOST_OBJECTS) {
        served.set(first(range), last(range) + 1);
      }
    }
  }

  /** The pieces that can be read; a copy. */
  BitSet served() {
    lock.lock();
    try {
      return (BitSet) served.clone();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a piece can be read. */
  boolean serves(int piece) {
    lock.lock();
    try {
      return served.get(piece);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads part of a piece. Blocks for as long as a request to the store may take.
   *
   * @return whether it could
   */
  boolean read(int piece, int offset, ByteBuffer into) {
    if (!serves(piece)) {
      return false;
    }
    int range = piece / piecesPerRange;
    Optional<byte[]> bytes;
    try {
      bytes = cache.get(this, range);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    if (bytes.isEmpty() || !serves(piece)) {
      return false;
    }
    long at = metainfo.pieceOffset(piece) - metainfo.pieceOffset(first(range)) + offset;
    into.put(bytes.get(), (int) at, into.remaining());
    return true;
  }

  boolean closed() {
    return closed.cancelled();
  }

  /** Ends what is under way. */
  void close() {
    closed.cancel();
    cache.forget(this);
  }

  int rangeLength(int range) {
    return (int) (end(range) - metainfo.pieceOffset(first(range)));
  }

  private int first(int range) {
    return range * piecesPerRange;
  }

  private int last(int range) {
    return Math.min(first(range) + piecesPerRange, metainfo.pieceCount()) - 1;
  }

  private long end(int range) {
    return metainfo.pieceOffset(last(range)) + metainfo.pieceLength(last(range));
  }

  /** Reads a range from the store; called by the cache, for one caller at a time. */
  Optional<byte[]> load(int range) {
    if (rests()) {
      return Optional.empty();
    }
    long start = metainfo.pieceOffset(first(range));
    byte[] bytes = new byte[rangeLength(range)];
    for (StoredObject object : objects(range)) {
      if (!served().intersects(over(object))) {
        continue; // It was missing before.
      }
      long from = Math.max(start, object.offset());
      long to = Math.min(start + bytes.length, object.offset() + object.length());
      ByteBuffer into = ByteBuffer.wrap(bytes, (int) (from - start), (int) (to - from));
      try {
        store.readRange(bucket, object.key(), from - object.offset(), into, closed);
      } catch (StoreException e) {
        if (closed() || !missing(object, e)) {
          return Optional.empty();
        }
      }
    }
    answered();
    cache.count(bytes.length);
    return hashed(range, bytes) ? Optional.of(bytes) : Optional.empty();
  }

  /** Returns whether something of it can be served. */
  private boolean hashed(int range, byte[] bytes) {
    MessageDigest sha1 = sha1();
    BitSet here = served();
    BitSet wrong = new BitSet();
    int right = 0;
    int at = 0;
    for (int piece = first(range); piece <= last(range); piece++) {
      int length = metainfo.pieceLength(piece);
      if (here.get(piece)) {
        sha1.update(bytes, at, length);
        if (metainfo.matches(piece, sha1.digest())) {
          right++;
        } else {
          wrong.set(piece);
        }
      }
      at += length;
    }
    if (!wrong.isEmpty()) {
      log.warn(
          "cannot serve piece {} from bucket {}: the objects over it are not what was stored there; it is offered to peers no more",
          wrong,
          bucket);
      cache.wrong();
      drop(wrong);
    }
    return right > 0;
  }

  private BitSet over(StoredObject object) {
    BitSet over = new BitSet();
    over.set(
        (int) (object.offset() / metainfo.pieceLength()),
        (int) ((object.offset() + object.length() - 1) / metainfo.pieceLength()) + 1);
    return over;
  }

  /** Whether the object is not there for good: the others of its range may be. */
  private boolean missing(StoredObject object, StoreException e) {
    switch (e.reason()) {
      case NO_SUCH_KEY, NO_SUCH_BUCKET, REFUSED -> {
        cache.missing();
        log.warn("cannot serve {} to peers any more: {}", object.key(), e.getMessage());
        drop(over(object));
        return true;
      }
      default -> {
        cache.unavailable();
        if (rest()) {
          log.warn(
              "cannot read what peers ask for, their requests are rejected: {}", e.getMessage());
        }
        return false;
      }
    }
  }

  private void drop(BitSet pieces) {
    BitSet news = (BitSet) pieces.clone();
    lock.lock();
    try {
      news.and(served);
      served.andNot(news);
    } finally {
      lock.unlock();
    }
    news.stream().forEach(gone);
  }

  private boolean rests() {
    lock.lock();
    try {
      return resting && System.nanoTime() - restsSince < REST.toNanos();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether it is news. */
  private boolean rest() {
    lock.lock();
    try {
      boolean news = !resting;
      resting = true;
      restsSince = System.nanoTime();
      return news;
    } finally {
      lock.unlock();
    }
  }

  private void answered() {
    lock.lock();
    try {
      if (resting) {
        log.info("the object store answers again: peers are served from it");
      }
      resting = false;
    } finally {
      lock.unlock();
    }
  }

  /** Objects with bytes in a range. */
  private List<StoredObject> objects(int range) {
    List<StoredObject> all = layout.objects();
    long start = metainfo.pieceOffset(first(range));
    int low = 0;
    int high = all.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      StoredObject object = all.get(middle);
      if (object.offset() + object.length() > start) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    int to = low;
    while (to < all.size() && all.get(to).offset() < end(range)) {
      to++;
    }
    return all.subList(low, to).stream().filter(object -> object.length() > 0).toList();
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
