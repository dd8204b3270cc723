package dev.piecework.worker.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Asks every event loop now and then to run a task, and measures how long that waits: what a peer's
 * bytes wait, too. One task at a time and loop: a loop that hangs gets no second one.
 */
public final class EventLoopWatch {
  private final List<Probe> probes;
  private final Timer lag;

  /**
   * @param loops the event loops
   */
  public EventLoopWatch(List<? extends Executor> loops, MeterRegistry registry) {
    this.probes =
        IntStream.range(0, loops.size()).mapToObj(i -> new Probe(i, loops.get(i))).toList();
    this.lag =
        Timer.builder("piecework.event.loop.lag")
            .description("Time that a task waits until an event loop runs it")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2))
            .register(registry);
  }

  /** Asks those that have answered. */
  public void ask() {
    probes.forEach(Probe::ask);
  }

  /**
   * Which loop does not answer, for people.
   *
   * @param patience longest wait that is no fault
   */
  public Optional<String> trouble(Duration patience) {
    return probes.stream()
        .filter(probe -> probe.waiting().compareTo(patience) > 0)
        .map(probe ->
            "loop %d has not answered for %d s"
                .formatted(probe.number, probe.waiting().toSeconds()))
        .findFirst();
  }

  private final class Probe {
    private final int number;
    private final Executor loop;
    private volatile boolean asked;
    private volatile long askedAt;

    Probe(int number, Executor loop) {
      this.number = number;
      this.loop = loop;
    }

    void ask() {
      if (asked) {
        return;
      }
      long now = System.nanoTime();
      askedAt = now;
      asked = true;
      try {
        loop.execute(() -> {
          lag.record(System.nanoTime() - now, TimeUnit.NANOSECONDS);
          asked = false;
        });
      } catch (RejectedExecutionException e) {
        asked = false; // The engine is closed, and this watch will be next.
      }
    }

    Duration waiting() {
      return asked ? Duration.ofNanos(System.nanoTime() - askedAt) : Duration.ZERO;
    }
  }
}
