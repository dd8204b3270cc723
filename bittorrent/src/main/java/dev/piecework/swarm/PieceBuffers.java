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
 * by themselves. One piece may exceed the bound: otherwise a torrent with pieces longer than the
 * bound could not be downloaded.
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
   * @param limit bytes in use at which no further buffer is handed out
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

  private synchronized Optional<ByteBuf> acquire(Account account, int length) {
    int capacity = capacity(length);
    long now = System.nanoTime();
    waiting.removeIf(each -> now - each.refusedAtNanos > WAIT_NANOS);
    // While others wait, nobody takes more than an even share; whoever has nothing comes first.
    long share =
        waiting.isEmpty() || (waiting.contains(account) && waiting.size() == 1)
            ? limit
            : limit / Math.max(1, accounts);
    if (usedBytes >= limit || (account.held > 0 && account.held + capacity > share)) {
      account.refusedAtNanos = now;
      waiting.add(account);
      return Optional.empty();
    }
    waiting.remove(account);
    Deque<ByteBuf> fitting = idle.get(capacity);
    @Nullable ByteBuf buffer = fitting == null ? null : fitting.pollFirst();
    if (buffer == null) {
      trim(limit - usedBytes - capacity);
      buffer = memory.directBuffer(capacity, capacity);
    } else {
      idleBytes -= capacity;
    }
    usedBytes += capacity;
    account.held += capacity;
    return Optional.of(buffer);
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

  private static int capacity(int length) {
    return Math.toIntExact(((long) length + GRANULE - 1) / GRANULE * GRANULE);
  }

  /** What one torrent holds. Its methods are thread-safe. */
  public final class Account implements AutoCloseable {
    private final Runnable released;
    private long held;
    private long refusedAtNanos;

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
