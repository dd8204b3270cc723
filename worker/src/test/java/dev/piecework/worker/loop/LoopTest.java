package dev.piecework.worker.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Await;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class LoopTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Test
  void aRoundThatThrowsIsFollowedByTheNext() throws InterruptedException {
    Semaphore rounds = new Semaphore(0);
    try (Loop loop =
        new Loop(
            "test",
            Duration.ofMillis(1),
            0,
            () -> {
              rounds.release();
              throw new IllegalStateException("again");
            })) {
      loop.start();
      rounds.acquire(3);
      assertThat(loop.trouble(LIMIT)).isEmpty();
    }
  }

  @Test
  void anErrorEndsTheThreadAndIsTrouble() {
    try (Loop loop =
        new Loop(
            "test",
            Duration.ofMillis(1),
            0,
            () -> {
              throw new StackOverflowError("on purpose");
            })) {
      loop.start();
      Await.until("the thread's end", LIMIT, () -> loop.trouble(LIMIT).isPresent());
      assertThat(loop.trouble(LIMIT)).hasValue("its thread has ended");
    }
  }

  @Test
  void aClosedLoopIsNoTrouble() {
    Loop loop = new Loop("test", Duration.ofMillis(1), 0, () -> {});
    loop.start();
    loop.close();
    assertThat(loop.trouble(LIMIT)).isEmpty();
  }
}
