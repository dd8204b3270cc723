package dev.piecework.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Waits for a condition by asking again and again; the only place of the testkit that sleeps. */
public final class Await {
  private static final Duration PAUSE = Duration.ofMillis(25);

  private Await() {}

  /**
   * Returns once {@code condition} holds. An exception of the condition counts as "not yet".
   *
   * @param what completes the sentence "waited 10 s for ..."
   * @param limit how long to ask
   * @param condition asked every few milliseconds
   * @param details asked once, for the message, when time is up
   * @throws TestkitException when time is up
   */
  public static void until(
      String what, Duration limit, Callable<Boolean> condition, Supplier<String> details) {
    long deadline = System.nanoTime() + limit.toNanos();
    String lastFailure = "";
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        lastFailure = "";
      } catch (TestkitException e) {
        throw e;
      } catch (Exception e) {
        lastFailure = "; last answer: " + e;
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new TestkitException(
            "waited %.1f s for %s in vain%s%n%s"
                .formatted(limit.toMillis() / 1000.0, what, lastFailure, details.get()));
      }
      pause();
    }
  }

  /** As the other, with nothing to add to the message. */
  public static void until(String what, Duration limit, Callable<Boolean> condition) {
    until(what, limit, condition, () -> "");
  }

  static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException("interrupted while waiting", e);
    }
  }
}
