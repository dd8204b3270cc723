package dev.piecework.worker.observe;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.job.JobState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What the database says of the whole fleet: jobs by state, and the outbox. Asked now and then, not
 * at a scrape: a database that hangs must not make the worker look dead. What is not known shows as
 * NaN. Every worker tells the same; take one's, or the largest.
 */
final class DatabaseFigures {
  /** Those that come to an end: the ended ones grow for ever, and are counted as they end. */
  private static final List<JobState> OPEN =
      List.of(
          JobState.QUEUED,
          JobState.RUNNING,
          JobState.RETRYING,
          JobState.SEEDING,
          JobState.PAUSED,
          JobState.CANCELLING);

  private final JdbcClient jdbc;
  private volatile Figures last = Figures.UNKNOWN;

  private record Figures(
      boolean reachable,
      Map<JobState, Long> jobs,
      double oldestSeconds,
      double pendingEntries,
      double lagSeconds) {
    static final Figures UNKNOWN = new Figures(false, Map.of(), Double.NaN, Double.NaN, Double.NaN);

    double jobs(JobState state) {
      return reachable ? (double) jobs.getOrDefault(state, 0L) : Double.NaN;
    }
  }

  private record Jobs(Map<JobState, Long> byState, double oldestSeconds) {}

  private record Pending(long entries, double lagSeconds) {}

  DatabaseFigures(
      JdbcClient jdbc, HikariDataSource pool, DatabaseWatch watch, MeterRegistry registry) {
    this.jdbc = jdbc;
    for (JobState state : OPEN) {
      Gauge.builder("piecework.jobs", this, each -> each.last.jobs(state))
          .description("Jobs of the whole fleet that have not ended, by state")
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    TimeGauge.builder(
            "piecework.queue.oldest", this, TimeUnit.SECONDS, each -> each.last.oldestSeconds())
        .description("For how long the job has waited that has been queued longest; 0 if none is")
        .register(registry);
    Gauge.builder("piecework.outbox.pending", this, each -> each.last.pendingEntries())
        .description("Events and messages of the whole fleet that wait to be published")
        .register(registry);
    TimeGauge.builder(
            "piecework.outbox.lag", this, TimeUnit.SECONDS, each -> each.last.lagSeconds())
        .description("Age of the oldest entry that waits to be published")
        .register(registry);
    Gauge.builder("piecework.database.reachable", watch, each -> each.trouble().isEmpty() ? 1 : 0)
        .description("Whether the database could be used when it was last asked, every second")
        .register(registry);
    connections(registry, pool, "active", HikariPoolMXBean::getActiveConnections);
    connections(registry, pool, "idle", HikariPoolMXBean::getIdleConnections);
    connections(registry, pool, "awaited", HikariPoolMXBean::getThreadsAwaitingConnection);
  }

  private static void connections(
      MeterRegistry registry,
      HikariDataSource pool,
      String state,
      ToDoubleFunction<HikariPoolMXBean> count) {
    Gauge.builder(
            "piecework.database.connections",
            pool,
            each -> each.isClosed() ? Double.NaN : count.applyAsDouble(each.getHikariPoolMXBean()))
        .description("Connections of the worker to its database; awaited: threads without one")
        .tag("state", state)
        .register(registry);
  }

  /** Asks; blocks. */
  void ask() {
    try {
      Pending pending = pending();
      Jobs jobs = jobs();
      last =
          new Figures(
              true, jobs.byState(), jobs.oldestSeconds(), pending.entries(), pending.lagSeconds());
    } catch (DataAccessException e) {
      last = Figures.UNKNOWN;
    }
  }

  private Jobs jobs() {
    Map<JobState, Long> jobs = new EnumMap<>(JobState.class);
    double[] oldestSeconds = {0};
    jdbc.sql(
            """
            SELECT state, COUNT(*) AS jobs, MIN(queued_at) AS oldest, CURRENT_TIMESTAMP AS present
            FROM piecework_job WHERE state IN (:states) GROUP BY state
            """)
        .param("states", OPEN.stream().map(JobState::name).toList())
        .query(row -> {
          JobState state = JobState.valueOf(row.getString("state"));
          jobs.put(state, row.getLong("jobs"));
          if (state == JobState.QUEUED) {
            oldestSeconds[0] = Math.max(0, secondsFrom(row, "oldest"));
          }
        });
    return new Jobs(jobs, oldestSeconds[0]);
  }

  private static double secondsFrom(ResultSet row, String column) throws SQLException {
    return Duration.between(
                row.getObject(column, OffsetDateTime.class),
                row.getObject("present", OffsetDateTime.class))
            .toMillis()
        / 1000.0;
  }

  /** By the database's clock, and of the oldest by order: the one that is published next. */
  private Pending pending() {
    long entries =
        jdbc.sql("SELECT COUNT(*) FROM piecework_outbox WHERE published = FALSE")
            .query(Long.class)
            .single();
    double lagSeconds =
        jdbc.sql(
                """
                SELECT created_at, CURRENT_TIMESTAMP AS present FROM piecework_outbox
                WHERE published = FALSE ORDER BY seq FETCH FIRST 1 ROWS ONLY
                """)
            .query((row, number) -> secondsFrom(row, "created_at"))
            .optional()
            .map(seconds -> Math.max(0, seconds))
            .orElse(0.0);
    return new Pending(entries, lagSeconds);
  }
}
