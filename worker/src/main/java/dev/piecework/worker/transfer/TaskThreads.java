package dev.piecework.worker.transfer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Virtual threads that belong to one transfer: they log with its job, attempt and epoch, and end
 * with it.
 */
final class TaskThreads {
  private final String name;
  private final Map<String, String> context;
  private final AtomicReference<@Nullable Thread> first = new AtomicReference<>();
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();

  /** Takes the log context of the thread that makes it. */
  TaskThreads(String name) {
    this.name = name;
    Map<String, String> mine = MDC.getCopyOfContextMap();
    this.context = mine == null ? Map.of() : new HashMap<>(mine);
  }

  /** Starts a task. Only the first may be interrupted; see {@link #interruptFirst}. */
  void start(Runnable task) {
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .unstarted(() -> {
              MDC.setContextMap(context);
              try {
                task.run();
              } finally {
                running.remove(Thread.currentThread());
              }
            });
    first.compareAndSet(null, thread);
    running.add(thread);
    thread.start();
  }

  /** Interrupts the task that was started first: the one that reads no files itself. */
  void interruptFirst() {
    Thread thread = first.get();
    if (thread != null) {
      thread.interrupt();
    }
  }

  /**
   * Waits for all threads to end.
   *
   * @return whether they did in time
   */
  boolean join(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    for (Thread thread : running) {
      try {
        Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        if (!thread.join(left)) {
          return false;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return running.isEmpty();
  }
}
