package dev.piecework.worker.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PulseTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final AtomicLong nanos = new AtomicLong();
  private final Pulse pulse = new Pulse(nanos::get);

  @Test
  void aThreadThatWasNeverStartedIsNotMissed() {
    nanos.set(Duration.ofHours(1).toNanos());
    assertThat(pulse.trouble(Thread.ofVirtual().unstarted(() -> {}), PATIENCE)).isEmpty();
  }

  @Test
  void aThreadThatHasEndedIsTrouble() throws InterruptedException {
    Thread thread = Thread.startVirtualThread(() -> {});
    thread.join();
    assertThat(pulse.trouble(thread, PATIENCE)).hasValue("its thread has ended");
  }

  @Test
  void aThreadThatHangsIsTroubleWhenPatienceIsOverAndNoneOnceItMoves() {
    CountDownLatch end = new CountDownLatch(1);
    Thread thread =
        Thread.startVirtualThread(() -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    try {
      nanos.set(PATIENCE.toNanos());
      assertThat(pulse.trouble(thread, PATIENCE)).isEmpty();
      nanos.set(PATIENCE.plusSeconds(2).toNanos());
      assertThat(pulse.trouble(thread, PATIENCE)).hasValue("has not moved for 12 s");
      pulse.beat();
      assertThat(pulse.trouble(thread, PATIENCE)).isEmpty();
    } finally {
      end.countDown();
    }
  }
}
