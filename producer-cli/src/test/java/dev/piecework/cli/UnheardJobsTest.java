package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnheardJobsTest {
  private Instant now = Instant.EPOCH;

  @Test
  void silenceIsToldAfterTenSecondsAndNotTooOften() {
    UnheardJobs jobs = jobs("a");
    jobs.sent();
    pass(9);
    assertThat(jobs.word()).isEmpty();
    pass(1);
    assertThat(jobs.word().orElseThrow())
        .contains("no worker has taken notice of job a for 10s")
        .contains("piecework worker")
        .contains("still waiting");
    assertThat(jobs.word()).isEmpty();
    pass(301);
    assertThat(jobs.word()).isPresent();
  }

  @Test
  void onlyJobsThatNobodySpokeOfCount() {
    UnheardJobs jobs = jobs("a", "b", "c");
    jobs.sent();
    jobs.heard("b");
    jobs.heard("other");
    pass(10);
    assertThat(jobs.word().orElseThrow()).contains("of 2 jobs");
    jobs.heard("a");
    jobs.heard("c");
    pass(1000);
    assertThat(jobs.word()).isEmpty();
  }

  @Test
  void whileTheBrokerIsAwayNothingIsSaidOfWorkers() {
    UnheardJobs jobs = jobs("a");
    jobs.sent();
    jobs.pause();
    pass(1000);
    assertThat(jobs.word()).isEmpty();
    jobs.sent();
    assertThat(jobs.word()).isEmpty();
    pass(10);
    assertThat(jobs.word()).isPresent();
  }

  private UnheardJobs jobs(String... ids) {
    return new UnheardJobs(() -> now, List.of(ids));
  }

  private void pass(long seconds) {
    now = now.plus(Duration.ofSeconds(seconds));
  }
}
