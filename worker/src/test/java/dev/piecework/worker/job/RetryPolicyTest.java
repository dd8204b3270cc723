package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private final RetryPolicy policy =
      new RetryPolicy(5, Duration.ofSeconds(5), Duration.ofMinutes(5));

  @Test
  void givesUpAfterTheLastAttempt() {
    assertThat(policy.exhausted(4)).isFalse();
    assertThat(policy.exhausted(5)).isTrue();
    assertThat(policy.withMaxAttempts(1).exhausted(1)).isTrue();
  }

  @Test
  void doublesTheDelayGiveOrTakeAFifth() {
    Random random = new Random(1);
    for (int failures = 1; failures <= 6; failures++) {
      double middle = 5000 * Math.pow(2, failures - 1);
      for (int i = 0; i < 100; i++) {
        assertThat((double) policy.delay(failures, random).toMillis())
            .isBetween(middle * 0.799, middle * 1.201);
      }
    }
  }

  @Test
  void neverWaitsMuchLongerThanTheLongestDelay() {
    assertThat(policy.delay(1000, new Random(1))).isLessThanOrEqualTo(Duration.ofMinutes(6));
  }

  @Test
  void spreadsAFleet() {
    Random random = new Random(1);
    assertThat(policy.delay(3, random)).isNotEqualTo(policy.delay(3, random));
  }
}
