package dev.piecework.worker.observe;

import dev.piecework.worker.loop.Loop;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;

/**
 * What looks at a worker and answers for it, as one part that begins first and ends last.
 *
 * @param registry where metrics are
 * @param health whether the worker is of use
 * @param server where it is asked
 * @param watching asks the event loops, every second
 * @param asking asks whom a scrape must not wait for, every few seconds
 */
public record Observers(
    MeterRegistry registry, Health health, StatusServer server, Loop watching, Loop asking)
    implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration ASK_INTERVAL = Duration.ofSeconds(10);

  /** Longest time that an event loop may be busy with one thing: it never waits for anybody. */
  private static final Duration EVENT_LOOP_PATIENCE = Duration.ofMinutes(1);

  static Observers of(
      MeterRegistry registry,
      Health health,
      StatusServer server,
      EventLoopWatch eventLoops,
      Runnable ask) {
    Loop watching = new Loop("observe", INTERVAL, 0, eventLoops::ask);
    health.watch(watching.name(), () -> watching.trouble(EVENT_LOOP_PATIENCE));
    health.watch("event loops", () -> eventLoops.trouble(EVENT_LOOP_PATIENCE));
    // It may wait for the database: that is no matter of life.
    Loop asking = new Loop("figures", ASK_INTERVAL, 0.2, ask);
    return new Observers(registry, health, server, watching, asking);
  }

  /** Listens and looks. */
  public void start() {
    server.start();
    watching.start();
    asking.start();
  }

  @Override
  public void close() {
    asking.close();
    watching.close();
    server.close();
  }
}
