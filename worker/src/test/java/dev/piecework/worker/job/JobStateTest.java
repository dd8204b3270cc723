package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobStateTest {
  @ParameterizedTest
  @CsvSource({
    "QUEUED,RUNNING",
    "RUNNING,RUNNING",
    "RUNNING,QUEUED",
    "RUNNING,RETRYING",
    "RUNNING,COMPLETED",
    "RUNNING,FAILED",
    "RUNNING,SEEDING",
    "SEEDING,COMPLETED",
    "RETRYING,QUEUED",
    "FAILED,QUEUED",
    "RUNNING,PAUSED",
    "PAUSED,QUEUED",
    "QUEUED,FAILED",
    "RETRYING,FAILED",
    "PAUSED,FAILED",
    "QUEUED,CANCELLING",
    "RUNNING,CANCELLING",
    "FAILED,CANCELLING",
    "CANCELLING,CANCELLING",
    "CANCELLING,CANCELLED",
    "CANCELLED,QUEUED"
  })
  void goesTheWaysThatTheDesignHas(JobState from, JobState to) {
    assertThat(from.to(to)).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({
    "QUEUED,COMPLETED", "CANCELLED,FAILED", "RETRYING,RUNNING", "COMPLETED,QUEUED",
    "COMPLETED,RUNNING", "FAILED,RUNNING", "FAILED,COMPLETED", "SEEDING,RUNNING",
    "SEEDING,FAILED", "SEEDING,CANCELLING", "COMPLETED,CANCELLING", "RUNNING,CANCELLED",
    "CANCELLED,RUNNING", "CANCELLING,QUEUED", "PAUSED,RUNNING"
  })
  void refusesEveryOtherWay(JobState from, JobState to) {
    assertThatThrownBy(() -> from.to(to))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a job cannot go from " + from + " to " + to);
  }

  @Test
  void endsForGoodOnlyWhenComplete() {
    assertThat(JobState.values())
        .filteredOn(state -> state.next().isEmpty())
        .containsExactly(JobState.COMPLETED);
  }

  @Test
  void isLeasedOnlyWhereAWorkerWorks() {
    assertThat(JobState.values())
        .filteredOn(JobState::leased)
        .containsExactly(JobState.RUNNING, JobState.SEEDING, JobState.CANCELLING);
  }
}
