package dev.piecework.worker.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** What is bounded, how much of it is in use, and how much there is. */
public final class Budgets {
  private final MeterRegistry registry;

  /** Registers with this registry. */
  public Budgets(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Adds a budget.
   *
   * @param name label; says the unit where it is not pieces of something
   * @param used asked at each scrape, must be cheap
   * @param limit constant
   */
  public void add(String name, Supplier<Number> used, long limit) {
    Gauge.builder("piecework.budget.used", used)
        .description("Of what is bounded, how much is in use")
        .tag("budget", name)
        .register(registry);
    Gauge.builder("piecework.budget.limit", () -> limit)
        .description("Of what is bounded, how much there is")
        .tag("budget", name)
        .strongReference(true)
        .register(registry);
  }
}
