package dev.piecework.tracker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** A clock that stands until a test moves it; from any thread. */
final class ManualScheduler implements Scheduler {
  private final List<Task> tasks = new ArrayList<>();
  // Near the end of the range: nanoTime may overflow, and code must not mind.
  private long now = Long.MAX_VALUE - 1_000;

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public synchronized Timer schedule(Executor owner, Duration delay, Runnable action) {
    Task task = new Task(now + delay.toNanos(), owner, action);
    tasks.add(task);
    return () -> remove(task);
  }

  /** Moves on, and runs what becomes due on the way, each at its own time. */
  void advance(Duration by) {
    long end = nanoTime() + by.toNanos();
    while (true) {
      Task due;
      synchronized (this) {
        Optional<Task> next = next().filter(task -> task.atNanos - end <= 0);
        if (next.isEmpty()) {
          now = end;
          return;
        }
        due = next.get();
        tasks.remove(due);
        if (due.atNanos - now > 0) {
          now = due.atNanos;
        }
      }
      due.owner.execute(due.action);
    }
  }

  /** Time to the next task; empty if there is none. */
  synchronized Optional<Duration> untilNext() {
    return next().map(task -> Duration.ofNanos(task.atNanos - now));
  }

  synchronized int waiting() {
    return tasks.size();
  }

  private synchronized void remove(Task task) {
    tasks.remove(task);
  }

  private Optional<Task> next() {
    return tasks.stream().min(Comparator.comparingLong(task -> task.atNanos - now));
  }

  private static final class Task {
    private final long atNanos;
    private final Executor owner;
    private final Runnable action;

    Task(long atNanos, Executor owner, Runnable action) {
      this.atNanos = atNanos;
      this.owner = owner;
      this.action = action;
    }
  }
}
