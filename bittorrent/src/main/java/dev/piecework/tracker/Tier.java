package dev.piecework.tracker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Trackers that stand for each other (BEP 12): shuffled once, asked in order until one answers, and
 * that one is put first. Knows whom to ask and when; asks nobody itself.
 */
final class Tier {
  private final List<Tracker> order;

  Tier(List<Tracker> trackers, RandomGenerator random) {
    this.order = new ArrayList<>(trackers);
    Collections.shuffle(order, java.util.Random.from(random));
  }

  /** All its trackers, the preferred one first. */
  List<Tracker> trackers() {
    return List.copyOf(order);
  }

  /** Whom to ask now; empty if nobody is due. */
  Optional<Tracker> dueNow(long nowNanos) {
    for (Tracker tracker : order) {
      if (tracker.never() || (tracker.failing() && nowNanos - tracker.notBeforeNanos() < 0)) {
        continue;
      }
      // The first that works decides for the tier: the others stand by.
      boolean due = tracker.failing() || nowNanos - tracker.dueNanos() >= 0;
      return due ? Optional.of(tracker) : Optional.empty();
    }
    return Optional.empty();
  }

  /** When {@link #dueNow} has an answer, if nothing changes; empty: never. */
  OptionalLong nextDueNanos(long nowNanos) {
    OptionalLong soonest = OptionalLong.empty();
    for (Tracker tracker : order) {
      if (tracker.never()) {
        continue;
      }
      long due = tracker.failing() ? tracker.notBeforeNanos() : tracker.dueNanos();
      if (soonest.isEmpty() || due - soonest.getAsLong() < 0) {
        soonest = OptionalLong.of(due);
      }
      if (!tracker.failing()) {
        break;
      }
    }
    return soonest.isPresent() && soonest.getAsLong() - nowNanos < 0
        ? OptionalLong.of(nowNanos)
        : soonest;
  }

  /** The one that answers for the tier: the first that did not fail; empty if all did. */
  Optional<Tracker> working() {
    return order.stream().filter(t -> t.started() && !t.failing() && !t.never()).findFirst();
  }

  /** Puts the one that answered first. */
  void answered(Tracker tracker) {
    order.remove(tracker);
    order.addFirst(tracker);
  }
}
