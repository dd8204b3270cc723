package dev.piecework.worker.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What is bounded, how much of it is in use, and how much there is. */
public final class Budgets {
  private static final String USED = "piecework.budget.used";
  private static final String LIMIT = "piecework.budget.limit";
  private static final String NAME = "budget";

  private final MeterRegistry registry;

  /**
   * One of them at one moment.
   *
   * @param name as it was added
   * @param limit NaN when it is not known
   * @param used NaN when it is not known
   */
  public record Budget(String name, double limit, double used) {}

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
    add(name, used, () -> limit);
  }

  /**
   * Adds a budget whose limit may change.
   *
   * @param name label; says the unit where it is not pieces of something
   * @param used asked at each scrape, must be cheap; NaN while it is not known
   * @param limit likewise
   */
  public void add(String name, Supplier<Number> used, Supplier<Number> limit) {
    Gauge.builder(USED, used)
        .description("Of what is bounded, how much is in use")
        .tag(NAME, name)
        .strongReference(true)
        .register(registry);
    Gauge.builder(LIMIT, limit)
        .description("Of what is bounded, how much there is")
        .tag(NAME, name)
        .strongReference(true)
        .register(registry);
  }

  /** All that were added to the registry, by whomever, in the order of their names. */
  public List<Budget> all() {
    return registry.find(LIMIT).gauges().stream()
        .map(limit -> {
          String name = Optional.ofNullable(limit.getId().getTag(NAME)).orElse("");
          Gauge used = registry.find(USED).tag(NAME, name).gauge();
          return new Budget(name, limit.value(), used == null ? Double.NaN : used.value());
        })
        .sorted(Comparator.comparing(Budget::name))
        .toList();
  }
}
