package dev.piecework.worker.scratch;

import dev.piecework.metainfo.Metainfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Hashes what an earlier attempt left in scratch: only pieces that match count again. */
public final class ScratchCheck {
  private static final int STEP_BYTES = 256 << 10;

  private final Metainfo metainfo;
  private final JobScratch scratch;
  private final BooleanSupplier stopped;
  private final ReentrantLock lock = new ReentrantLock();
  private int next;

  private ScratchCheck(Metainfo metainfo, JobScratch scratch, BooleanSupplier stopped) {
    this.metainfo = metainfo;
    this.scratch = scratch;
    this.stopped = stopped;
  }

  /**
   * Finds the pieces that scratch holds intact. Every byte is read: a check that samples would miss
   * the flipped one.
   *
   * @param threads hashing at once, each with a buffer of 256 KiB
   * @param stopped asked between pieces; when true, what was found so far is returned
   */
  public static BitSet intact(
      Metainfo metainfo, JobScratch scratch, int threads, BooleanSupplier stopped)
      throws ScratchException, InterruptedException {
    BitSet candidates = scratch.candidates();
    ScratchCheck check = new ScratchCheck(metainfo, scratch, stopped);
    BitSet intact = new BitSet(metainfo.pieceCount());
    if (candidates.isEmpty()) {
      return intact;
    }
    try (ExecutorService pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("scratch-check-", 0).factory())) {
      List<Future<BitSet>> shares = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        shares.add(pool.submit(() -> check.share(candidates)));
      }
      for (Future<BitSet> share : shares) {
        intact.or(share.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ScratchException failure) {
        throw failure;
      }
      throw new IllegalStateException("the check of scratch failed", e);
    }
    return intact;
  }

  private BitSet share(BitSet candidates) throws IOException {
    MessageDigest sha1 = sha1();
    ByteBuffer step = ByteBuffer.allocate(Math.min(STEP_BYTES, metainfo.pieceLength()));
    BitSet intact = new BitSet(metainfo.pieceCount());
    for (int piece = take(candidates); piece >= 0; piece = take(candidates)) {
      if (matches(piece, sha1, step)) {
        intact.set(piece);
      }
    }
    return intact;
  }

  /** The next piece for this thread, or -1. */
  private int take(BitSet candidates) {
    if (stopped.getAsBoolean()) {
      return -1;
    }
    lock.lock();
    try {
      int piece = candidates.nextSetBit(next);
      next = piece < 0 ? metainfo.pieceCount() : piece + 1;
      return piece;
    } finally {
      lock.unlock();
    }
  }

  private boolean matches(int piece, MessageDigest sha1, ByteBuffer step) throws IOException {
    sha1.reset();
    int length = metainfo.pieceLength(piece);
    for (int offset = 0; offset < length; offset += step.limit()) {
      step.clear().limit(Math.min(step.capacity(), length - offset));
      if (!scratch.read(piece, offset, step)) {
        return false;
      }
      step.flip();
      sha1.update(step);
    }
    return metainfo.matches(piece, sha1.digest());
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
