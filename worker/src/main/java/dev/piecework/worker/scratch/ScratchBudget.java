package dev.piecework.worker.scratch;

import dev.piecework.layout.Segments;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The bytes of scratch that a worker's jobs may use together. Each job counts the segments of the
 * bundles that it has begun, and of those that it keeps for peers, until it deletes them. A job
 * that finds no room waits until others, or its own uploads, make some; what is kept for peers is
 * asked back. No job waits for ever: each may always have one bundle, for which room is set aside
 * from its start to its end.
 */
public final class ScratchBudget {
  private final long maxBytes;
  private final IdleScratch idle;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Account> accounts = new LinkedHashSet<>();

  /**
   * @param maxBytes above 0
   * @param idle what is left for later attempts of jobs: in nobody's way
   */
  ScratchBudget(long maxBytes, IdleScratch idle) {
    this.maxBytes = maxBytes;
    this.idle = idle;
  }

  /** Most bytes. */
  public long maxBytes() {
    return maxBytes;
  }

  /** Bytes in use or set aside; more than the most when each job's one bundle does not fit. */
  public long usedBytes() {
    lock.lock();
    try {
      return total() + idle.bytes();
    } finally {
      lock.unlock();
    }
  }

  /** Deletes what is left for later attempts, as far as it is beyond the most. */
  void dropIdle() {
    long most;
    lock.lock();
    try {
      most = Math.max(0, maxBytes - total());
    } finally {
      lock.unlock();
    }
    if (idle.bytes() > most) {
      Thread.ofVirtual().name("scratch-idle").start(idle.dropDownTo(most));
    }
  }

  /** What a job can do for others, and wants to know. Called on any thread; must return at once. */
  public interface Holder {
    /** Room is needed: gives back, soon, as much as it keeps for peers only. */
    void giveBack(long bytes);

    /** There is room again. */
    void roomMade();
  }

  /** Asks all jobs for what they keep for peers. */
  void askBack(long bytes) {
    holders(account -> true).forEach(holder -> holder.giveBack(bytes));
  }

  Account open(Segments segments, LongSupplier spareBytes) {
    Account account = new Account(segments, spareBytes);
    lock.lock();
    try {
      accounts.add(account);
    } finally {
      lock.unlock();
    }
    return account;
  }

  private long total() {
    long total = 0;
    for (Account each : accounts) {
      total += each.counted(0);
    }
    return total;
  }

  private List<Holder> holders(Predicate<Account> which) {
    lock.lock();
    try {
      return accounts.stream().filter(which).map(each -> each.holder).toList();
    } finally {
      lock.unlock();
    }
  }

  private void roomMade() {
    holders(Account::takeRefused).forEach(Holder::roomMade);
  }

  /** What one job has. */
  final class Account {
    private static final Holder NOBODY =
        new Holder() {
          @Override
          public void giveBack(long bytes) {}

          @Override
          public void roomMade() {}
        };

    private final Segments segments;
    private final LongSupplier spareBytes;
    private final BitSet held = new BitSet();
    private long bytes;
    private boolean refused;
    private volatile Holder holder = NOBODY;

    private Account(Segments segments, LongSupplier spareBytes) {
      this.segments = segments;
      this.spareBytes = spareBytes;
    }

    void holder(Holder whom) {
      holder = whom;
    }

    /** Bytes that count, with some more. */
    private long counted(long more) {
      return Math.max(bytes + spareBytes.getAsLong() + more, segments.longestBundle());
    }

    private boolean takeRefused() {
      boolean before = refused;
      refused = false;
      return before;
    }

    /** Takes room for the segments over some pieces, if there is enough, or if it must. */
    boolean reserve(int firstPiece, int lastPiece, boolean must) {
      boolean had = reserveNow(firstPiece, lastPiece, must);
      dropIdle();
      return had;
    }

    private boolean reserveNow(int firstPiece, int lastPiece, boolean must) {
      long needed = 0;
      lock.lock();
      try {
        int first = segments.of(firstPiece);
        int last = segments.of(lastPiece);
        for (int segment = first; segment <= last; segment++) {
          needed += held.get(segment) ? 0 : segments.length(segment);
        }
        if (must || total() - counted(0) + counted(needed) <= maxBytes) {
          held.set(first, last + 1);
          bytes += needed;
          return true;
        }
        refused = true;
      } finally {
        lock.unlock();
      }
      askBack(needed);
      return false;
    }

    /** A segment is deleted. */
    void released(int segment) {
      lock.lock();
      try {
        if (held.get(segment)) {
          held.clear(segment);
          bytes -= segments.length(segment);
        }
      } finally {
        lock.unlock();
      }
      ScratchBudget.this.roomMade();
    }

    /** Bytes that nobody uses, beyond one more bundle of this job; may be negative. */
    long room() {
      lock.lock();
      try {
        return maxBytes - total() - segments.longestBundle();
      } finally {
        lock.unlock();
      }
    }

    /**
     * The job is at work no more.
     *
     * @return bytes that it leaves
     */
    long close() {
      long left;
      lock.lock();
      try {
        accounts.remove(this);
        left = bytes;
      } finally {
        lock.unlock();
      }
      ScratchBudget.this.roomMade();
      return left;
    }
  }
}
