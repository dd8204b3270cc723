package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class JobStateTest {
  @ParameterizedTest
  @CsvSource({
    "QUEUED,RUNNING", "RUNNING,RUNNING", "RUNNING,QUEUED", "RUNNING,RETRYING", "RUNNING,COMPLETED",
    "RUNNING,FAILED", "RUNNING,SEEDING", "SEEDING,COMPLETED", "RETRYING,QUEUED", "FAILED,QUEUED",
    "RUNNING,PAUSED", "PAUSED,QUEUED", "QUEUED,CANCELLED"
  })
  void goesTheWaysThatTheDesignHas(JobState from, JobState to) {
    assertThat(from.to(to)).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({
    "QUEUED,COMPLETED", "QUEUED,FAILED", "RETRYING,RUNNING", "COMPLETED,QUEUED",
    "COMPLETED,RUNNING", "FAILED,RUNNING", "FAILED,COMPLETED", "SEEDING,RUNNING",
    "SEEDING,FAILED", "CANCELLED,QUEUED", "PAUSED,RUNNING"
  })
  void refusesEveryOtherWay(JobState from, JobState to) {
    assertThatThrownBy(() -> from.to(to))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a job cannot go from " + from + " to " + to);
  }

  @ParameterizedTest
  @EnumSource(names = {"COMPLETED", "CANCELLED"})
  void endsForGood(JobState state) {
    assertThat(state.next()).isEmpty();
  }

  @Test
  void isLeasedOnlyWhereAWorkerWorks() {
    assertThat(JobState.values())
        .filteredOn(JobState::leased)
        .containsExactly(JobState.RUNNING, JobState.SEEDING);
  }
}
