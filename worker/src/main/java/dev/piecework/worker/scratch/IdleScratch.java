package dev.piecework.worker.scratch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Scratch that this worker's jobs have left for their next attempt on this host, be that tried by
 * itself or by order. It counts for the budget, and is the first to go when a job needs room, the
 * oldest before the others.
 */
final class IdleScratch {
  private final Consumer<Path> discard;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Path, Long> folders = new LinkedHashMap<>();
  private long bytes;

  /**
   * @param discard deletes a folder unless somebody works in it
   */
  IdleScratch(Consumer<Path> discard) {
    this.discard = discard;
  }

  /** Bytes of all. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** A job has left so many bytes. */
  void left(Path folder, long bytesLeft) {
    lock.lock();
    try {
      forget(folder);
      if (bytesLeft > 0) {
        folders.put(folder, bytesLeft);
        bytes += bytesLeft;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A job works there again, or it is deleted. */
  void gone(Path folder) {
    lock.lock();
    try {
      forget(folder);
    } finally {
      lock.unlock();
    }
  }

  private void forget(Path folder) {
    Long before = folders.remove(folder);
    bytes -= before == null ? 0 : before;
  }

  /**
   * Deletes until so many bytes are left at most.
   *
   * @return a task that does it, off the caller's thread; nothing is counted any more already
   */
  Runnable dropDownTo(long most) {
    List<Path> superfluous = new ArrayList<>();
    lock.lock();
    try {
      for (Path folder : List.copyOf(folders.keySet())) {
        if (bytes > most) {
          superfluous.add(folder);
          forget(folder);
        }
      }
    } finally {
      lock.unlock();
    }
    return () -> superfluous.forEach(discard);
  }
}
