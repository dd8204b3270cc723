package dev.piecework.worker.cleanup;

import dev.piecework.text.Causes;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All cleaning, one after the other; what fails is tried again in the next round. */
public final class Cleanup {
  private static final Logger LOG = LoggerFactory.getLogger(Cleanup.class);

  private final List<Duty> duties;

  /** In this order. */
  public Cleanup(List<Duty> duties) {
    this.duties = List.copyOf(duties);
  }

  /**
   * One kind of cleaning.
   *
   * @param name for the log
   * @param work does it once
   */
  public record Duty(String name, Runnable work) {}

  /** Does everything once. */
  public void round() {
    for (Duty duty : duties) {
      try {
        duty.work().run();
      } catch (RuntimeException e) {
        LOG.warn("cleaning up {} failed: {}", duty.name(), Causes.line(e));
      }
    }
  }
}
