package dev.piecework.worker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class HealthTest {
  private final Health health = new Health();

  @Test
  void itIsAliveButNotReadyBeforeItHasBegunAndWhileItEnds() {
    assertThat(health.live().yes()).isTrue();
    assertThat(health.ready()).isEqualTo(new Health.Answer(false, "not ready: starting\n"));
    health.up(Optional::empty);
    assertThat(health.ready()).isEqualTo(new Health.Answer(true, "ready\n"));
    health.stopping();
    assertThat(health.ready()).isEqualTo(new Health.Answer(false, "not ready: stopping\n"));
    assertThat(health.live().yes()).isTrue();
  }

  @Test
  void itSaysWhatKeepsItFromConsuming() {
    health.up(() -> Optional.of("the broker refuses this worker: no such user"));
    assertThat(health.ready())
        .isEqualTo(
            new Health.Answer(false, "not ready: the broker refuses this worker: no such user\n"));
  }

  @Test
  void itIsNotAliveWhenOneThingHangsAndNamesIt() {
    health.watch("leases", Optional::empty);
    health.watch("sweeper", () -> Optional.of("has not moved for 700 s"));
    assertThat(health.live())
        .isEqualTo(
            new Health.Answer(false, "not alive\nleases: ok\nsweeper: has not moved for 700 s\n"));
  }

  @Test
  void anEventLoopThatDoesNotAnswerIsTroubleAndIsAskedOnlyOnce() {
    Queue<Runnable> stuck = new ArrayDeque<>();
    EventLoopWatch watch =
        new EventLoopWatch(List.of(Runnable::run, stuck::add), new SimpleMeterRegistry());
    watch.ask();
    watch.ask();
    assertThat(stuck).hasSize(1);
    assertThat(watch.trouble(Duration.ofMinutes(1))).isEmpty();
    assertThat(watch.trouble(Duration.ofNanos(-1)).orElseThrow())
        .startsWith("loop 0 has not answered");
    assertThat(watch.trouble(Duration.ZERO).orElseThrow()).startsWith("loop 1 has not answered");
    stuck.remove().run();
    assertThat(watch.trouble(Duration.ZERO)).isEmpty();
  }
}
