package dev.piecework.worker.gate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether this worker may take messages from the broker. Whoever watches something that the worker
 * cannot do without (its database, its object store) closes the gate while that is away, so that
 * messages go to workers that can do something about them, and opens it again. Thread-safe.
 */
public final class IntakeGate {
  private final Map<String, Closure> closures = new ConcurrentSkipListMap<>();
  private final AtomicLong closings = new AtomicLong();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** What a closed gate holds back. */
  public enum Scope {
    /** Jobs; registrations and requests are still taken. */
    JOBS,
    /** Jobs, registrations, and requests that another worker can answer. */
    EVERYTHING
  }

  private record Closure(Scope scope, String why) {}

  /**
   * Closes the gate, or says another reason.
   *
   * @param holder who opens it again, for example {@code database}
   * @param why for people: one line that names the cause
   */
  public void close(String holder, Scope scope, String why) {
    Closure before = closures.put(holder, new Closure(scope, why));
    if (before == null || before.scope() != scope) {
      closings.incrementAndGet();
      listeners.forEach(Runnable::run);
    }
  }

  /** Opens what {@code holder} has closed; nothing if it has not. */
  public void open(String holder) {
    if (closures.remove(holder) != null) {
      listeners.forEach(Runnable::run);
    }
  }

  /** How often it was closed: whoever was away meanwhile sees that it must give back. */
  public long closings() {
    return closings.get();
  }

  /** Why no jobs are taken; empty if they are. */
  public Optional<String> jobsHeldBack() {
    return closures.values().stream().map(Closure::why).findFirst();
  }

  /** Why nothing at all is taken; empty if registrations and requests are. */
  public Optional<String> everythingHeldBack() {
    return closures.values().stream()
        .filter(each -> each.scope() == Scope.EVERYTHING)
        .map(Closure::why)
        .findFirst();
  }

  /**
   * Has something told of every change.
   *
   * @param listener run on the thread of whoever makes the change; must return at once
   */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }
}
