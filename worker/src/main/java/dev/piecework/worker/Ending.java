package dev.piecework.worker;

import dev.piecework.text.Causes;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Steps of a shutdown under one limit: a step that hangs, because what it talks to is away or does
 * not answer, is left behind when the time of all is over, and so are those that follow it. What is
 * left undone then is made good by the leases.
 */
final class Ending {
  private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

  /** Even of a shutdown whose time is over: enough for what waits for nobody. */
  private static final Duration LEAST = Duration.ofMillis(100);

  private final long deadline;

  /** Begins now. */
  Ending(Duration limit) {
    this.deadline = System.nanoTime() + limit.toNanos();
  }

  /** Runs a step, and waits for it while there is time. */
  void step(String name, Runnable work) {
    step(name, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())), work);
  }

  /**
   * The same, for one that may not have all the time that is left.
   *
   * @param atMost of its own
   */
  void step(String name, Duration atMost, Runnable work) {
    Thread thread =
        Thread.ofVirtual()
            .name("end-" + name.replace(' ', '-'))
            .start(() -> {
              try {
                work.run();
              } catch (RuntimeException e) {
                LOG.warn("shutdown: {} failed: {}", name, Causes.line(e));
              }
            });
    long left = Math.min(atMost.toNanos(), deadline - System.nanoTime());
    try {
      if (!thread.join(Duration.ofNanos(Math.max(LEAST.toNanos(), left)))) {
        LOG.warn("shutdown: {} did not end in time and is left behind", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
