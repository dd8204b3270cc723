package dev.piecework.worker.control;

import dev.piecework.message.ControlReply.Limits;
import dev.piecework.message.WorkerLimit;
import dev.piecework.worker.observe.Budgets;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What this worker may use at most, for whoever asks: the budgets that it exports as metrics, and
 * its rates, which nobody counts.
 */
final class LimitsReport {
  private final String worker;
  private final String host;
  private final String version;
  private final Budgets budgets;
  private final int connectionsPerSecond;

  LimitsReport(String worker, String version, Budgets budgets, int connectionsPerSecond) {
    this.worker = worker;
    this.host = hostName();
    this.version = version;
    this.budgets = budgets;
    this.connectionsPerSecond = connectionsPerSecond;
  }

  /** How things stand now. */
  Limits now() {
    List<WorkerLimit> limits = new ArrayList<>();
    for (Budgets.Budget budget : budgets.all()) {
      // Left out while it is not known: without a number it would be taken for none.
      whole(budget.limit())
          .map(limit ->
              new WorkerLimit(
                  budget.name(), unit(budget), Optional.of(limit), whole(budget.used())))
          .ifPresent(limits::add);
    }
    limits.add(
        new WorkerLimit(
            "connections_per_second",
            WorkerLimit.COUNT_PER_SECOND,
            Optional.of((long) connectionsPerSecond),
            Optional.empty()));
    return new Limits(worker, host, version, limits);
  }

  private static String unit(Budgets.Budget budget) {
    return budget.name().endsWith("_bytes") ? WorkerLimit.BYTES : WorkerLimit.COUNT;
  }

  private static Optional<Long> whole(double value) {
    return Double.isFinite(value)
        ? Optional.of(Math.max(0, (long) Math.ceil(value)))
        : Optional.empty();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
