package dev.piecework.swarm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Memory for pieces that are being downloaded or checked, shared by all torrents of an engine and
 * bounded in bytes. At the bound no piece is begun, so nothing is asked for and sockets fall silent
 * by themselves. A torrent with pieces longer than the bound cannot be downloaded: {@link #holds}
 * says so beforehand. Whoever has waited longest and has nothing comes first: what it needs is left
 * free by the others, or a long piece would wait for ever beside short ones.
 *
 * <p>Buffers are outside the heap, because then neither socket nor file copies them once more, and
 * are used again last in, first out, while the processor's cache still knows them. Thread-safe;
 * called once per piece, not per block.
 */
public final class PieceBuffers implements AutoCloseable {
  private static final int GRANULE = 16 << 10;

  /** How long a refusal counts: whoever still wants a buffer asks again sooner. */
  private static final long WAIT_NANOS = 2_000_000_000L;

  private final long limit;
  private final ByteBufAllocator memory = new UnpooledByteBufAllocator(true);
  private final Map<Integer, Deque<ByteBuf>> idle = new HashMap<>();
  private final Set<Account> waiting = new LinkedHashSet<>();
  private long idleBytes;
  private long usedBytes;
  private int accounts;
  private boolean closed;

  /**
   * @param limit most bytes in use, and idle ones with them
   */
  public PieceBuffers(long limit) {
    this.limit = limit;
  }

  /**
   * One torrent's share.
   *
   * @param released called, on any thread, when a buffer may be had after one was refused
   */
  public Account open(Runnable released) {
    synchronized (this) {
      accounts++;
    }
    return new Account(released);
  }

  /** Bytes handed out. */
  public synchronized long usedBytes() {
    return usedBytes;
  }

  /** Bytes kept for the next. */
  public synchronized long idleBytes() {
    return idleBytes;
  }

  /** Frees what is idle, and from now on whatever comes back. */
  @Override
  public synchronized void close() {
    closed = true;
    trim(0);
  }

  /** Whether a piece of this many bytes fits into a bound of that many. */
  public static boolean holds(long limit, int pieceLength) {
    return capacity(pieceLength) <= limit;
  }

  private synchronized Optional<ByteBuf> acquire(Account account, int length) {
    long capacity = capacity(length);
    if (capacity > limit) {
      throw new IllegalArgumentException(
          "a piece of %d bytes does not fit into buffers of %d".formatted(length, limit));
    }
    long now = System.nanoTime();
    waiting.removeIf(each -> now - each.refusedAtNanos > WAIT_NANOS);
    // While others wait, nobody takes more than an even share; whoever has nothing comes first.
    long share =
        waiting.isEmpty() || (waiting.contains(account) && waiting.size() == 1)
            ? limit
            : limit / Math.max(1, accounts);
    if (usedBytes + capacity + owedBefore(account) > limit
        || (account.held > 0 && account.held + capacity > share)) {
      return refuse(account, capacity, now);
    }
    Optional<ByteBuf> buffer = take((int) capacity);
    if (buffer.isEmpty()) {
      return refuse(account, capacity, now);
    }
    waiting.remove(account);
    usedBytes += capacity;
    account.held += capacity;
    return buffer;
  }

  private Optional<ByteBuf> refuse(Account account, long capacity, long nowNanos) {
    account.refusedAtNanos = nowNanos;
    account.wanted = capacity;
    waiting.add(account);
    return Optional.empty();
  }

  /**
   * What the account that has nothing and has waited longest needs, if it comes before this one.
   */
  private long owedBefore(Account account) {
    for (Account each : waiting) {
      if (each == account) {
        return 0;
      }
      if (each.held == 0) {
        return each.wanted;
      }
    }
    return 0;
  }

  /** A buffer that was idle, or a new one; empty if there is memory again once others are done. */
  private Optional<ByteBuf> take(int capacity) {
    Deque<ByteBuf> fitting = idle.get(capacity);
    @Nullable ByteBuf buffer = fitting == null ? null : fitting.pollFirst();
    if (buffer != null) {
      idleBytes -= capacity;
      return Optional.of(buffer);
    }
    trim(limit - usedBytes - capacity);
    try {
      return Optional.of(memory.directBuffer(capacity, capacity));
    } catch (OutOfMemoryError e) {
      trim(0);
      if (usedBytes > 0) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private List<Account> giveBack(Account account, ByteBuf buffer) {
    synchronized (this) {
      int capacity = buffer.capacity();
      usedBytes -= capacity;
      account.held -= capacity;
      if (closed) {
        buffer.release();
      } else {
        buffer.clear();
        idle.computeIfAbsent(capacity, c -> new ArrayDeque<>()).addFirst(buffer);
        idleBytes += capacity;
      }
      return waiting.isEmpty() ? List.of() : new ArrayList<>(waiting);
    }
  }

  private void trim(long most) {
    for (Deque<ByteBuf> buffers : idle.values()) {
      while (idleBytes > most && !buffers.isEmpty()) {
        ByteBuf buffer = buffers.removeLast();
        idleBytes -= buffer.capacity();
        buffer.release();
      }
    }
  }

  private static long capacity(int length) {
    return ((long) length + GRANULE - 1) / GRANULE * GRANULE;
  }

  /** What one torrent holds. Its methods are thread-safe. */
  public final class Account implements AutoCloseable {
    private final Runnable released;
    private long held;
    private long refusedAtNanos;
    private long wanted;

    private Account(Runnable released) {
      this.released = released;
    }

    /** A buffer of at least this many bytes, empty if there is none to be had now. */
    public Optional<ByteBuf> acquire(int length) {
      return PieceBuffers.this.acquire(this, length);
    }

    /** Gives a buffer back. */
    public void release(ByteBuf buffer) {
      for (Account each : giveBack(this, buffer)) {
        if (each != this) {
          each.released.run();
        }
      }
    }

    /** Bytes this torrent holds. */
    public long heldBytes() {
      synchronized (PieceBuffers.this) {
        return held;
      }
    }

    /** Whether another torrent has been refused a buffer and waits. */
    public boolean othersWait() {
      synchronized (PieceBuffers.this) {
        return waiting.size() > (waiting.contains(this) ? 1 : 0);
      }
    }

    /** Ends the share; all its buffers must have been given back. */
    @Override
    public void close() {
      synchronized (PieceBuffers.this) {
        waiting.remove(this);
        accounts--;
        if (accounts == 0) {
          trim(0);
        }
      }
    }
  }
}
