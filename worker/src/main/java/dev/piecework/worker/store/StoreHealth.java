package dev.piecework.worker.store;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Whether this worker can use the store at all; while it cannot, it takes no jobs. */
public interface StoreHealth {
  /**
   * What keeps this worker from using the store.
   *
   * @return empty while the store is well
   */
  Optional<StoreOutage> outage();

  /** Asks the store now; what is found shows in {@link #outage}. Blocks for seconds at most. */
  void ask();

  /**
   * Has something done whenever the store goes or comes back.
   *
   * @param action run on a thread of its own
   */
  void onChange(Runnable action);

  /**
   * Names buckets that jobs write to: a key that one of them accepts is no wrong key, whatever
   * another says.
   *
   * @param names asked when a bucket has refused a request; may block, the likeliest first
   */
  void knowBuckets(Supplier<List<String>> names);

  /** A store that is always well. */
  static StoreHealth alwaysWell() {
    return new StoreHealth() {
      @Override
      public Optional<StoreOutage> outage() {
        return Optional.empty();
      }

      @Override
      public void ask() {}

      @Override
      public void onChange(Runnable action) {}

      @Override
      public void knowBuckets(Supplier<List<String>> names) {}
    };
  }
}
