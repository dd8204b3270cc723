package dev.piecework.worker.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.worker.job.Claim;
import dev.piecework.worker.job.JobRow;
import dev.piecework.worker.job.JobState;
import dev.piecework.worker.job.Order;
import dev.piecework.worker.lease.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobRunTest {
  private final JobRun run = new JobRun(claim(), () -> {}, _ -> false);

  @Test
  void aLostLeaseOverridesAnEarlierReason() {
    run.stop(JobRun.StopReason.SHUTDOWN);
    run.stop(JobRun.StopReason.LEASE_LOST);

    assertThat(run.stopReason()).contains(JobRun.StopReason.LEASE_LOST);
  }

  @Test
  void aLeaseThatTheRunItselfGivesUpAtItsEndIsNotLost() {
    run.ending();
    run.stop(JobRun.StopReason.LEASE_LOST);
    run.completed(false);
    run.stop(JobRun.StopReason.LEASE_LOST);

    assertThat(run.stopReason()).isEmpty();
  }

  @Test
  void aRunThatSeedsAfterItsEndCanLoseItsLease() {
    run.ending();
    run.completed(true);
    run.stop(JobRun.StopReason.LEASE_LOST);

    assertThat(run.stopReason()).contains(JobRun.StopReason.LEASE_LOST);
  }

  @Test
  void aDeadlineStopsARunButNotOneThatWritesItsEndOrSeeds() {
    JobRun early = new JobRun(claim(), () -> {}, _ -> false);
    early.stop(JobRun.StopReason.DEADLINE);
    assertThat(early.stopReason()).contains(JobRun.StopReason.DEADLINE);

    JobRun late = new JobRun(claim(), () -> {}, _ -> false);
    late.ending();
    late.stop(JobRun.StopReason.DEADLINE);
    assertThat(late.stopReason()).isEmpty();

    late.completed(true);
    late.stop(JobRun.StopReason.DEADLINE);
    assertThat(late.stopReason()).isEmpty();
  }

  private static Claim claim() {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    return new Claim(
        new Lease("a", 1, "w"),
        new JobRow(
            "a",
            "",
            JobState.RUNNING,
            1,
            0,
            false,
            1,
            "w",
            Optional.of(now),
            Optional.empty(),
            0,
            0,
            Map.of(),
            Order.NONE,
            "",
            "",
            false,
            now,
            now,
            now,
            Optional.empty(),
            Optional.empty(),
            now),
        new JobMessage(
            JobMessage.VERSION,
            "a",
            JobSource.Inline.of(new byte[0]),
            new Destination("data", ""),
            JobOptions.none()),
        Optional.empty(),
        Duration.ZERO);
  }
}
