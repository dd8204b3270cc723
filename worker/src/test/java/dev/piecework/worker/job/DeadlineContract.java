package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData;
import dev.piecework.message.JobOptions;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every database must make of jobs with a deadline. */
abstract class DeadlineContract extends LedgerFixture {
  private static final Duration DEADLINE = Duration.ofHours(2);
  private static final JobOptions OPTIONS = JobOptions.none().withDeadline(DEADLINE);

  private void admit() {
    worker("a").admit(submission("m1", OPTIONS));
  }

  private void claim() {
    admit();
    assertThat(worker("a").claim(job)).isPresent();
  }

  private void makeOverdue() {
    jdbc.sql("UPDATE piecework_job SET deadline_at = :then WHERE id = :job")
        .param("then", OffsetDateTime.now(ZoneOffset.UTC).minusSeconds(1))
        .param("job", job)
        .update();
  }

  private String reason() {
    return new JobStatuses(jdbc).find(job).orElseThrow().reason();
  }

  private void assertFailedOnce() {
    assertThat(row().state()).isEqualTo(JobState.FAILED);
    assertThat(row().leaseOwner()).isEmpty();
    assertThat(reason()).startsWith("DEADLINE_EXCEEDED: the job was not complete at its deadline");
    assertThat(outboxTypes()).endsWith("failed", "dead-letter").containsOnlyOnce("failed");
  }

  @Test
  void timeBeginsWhenTheJobIsAccepted() {
    admit();
    assertThat(row().deadlineAt()).contains(row().createdAt().plus(DEADLINE));
    assertThat(new JobStatuses(jdbc).find(job).orElseThrow().deadlineAt())
        .isEqualTo(row().deadlineAt());
    lost.sweepOverdue();
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
  }

  @Test
  void timeOfARegisteredJobBeginsWithItsRegistration() {
    new Registrations(jdbc, database.transactions(), outbox, "r", FairShares.NONE)
        .register(submission("m1", OPTIONS));
    assertThat(row().deadlineAt()).contains(row().createdAt().plus(DEADLINE));
    makeOverdue();
    lost.sweepOverdue();
    assertFailedOnce();
    assertThat(worker("a").admit(submission("m1", OPTIONS))).isEqualTo(Admissions.Admission.LEAVE);
  }

  @Test
  void aJobWithoutADeadlineHasAllTimeOfTheWorld() {
    worker("a").admit(submission("m1"));
    assertThat(row().deadlineAt()).isEmpty();
    lost.sweepOverdue();
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
  }

  @Test
  void ofManySweepersOneHasAQueuedJobFail() throws Exception {
    admit();
    makeOverdue();
    atOnce(6, () -> lost.sweepOverdue());
    assertFailedOnce();
    assertThat(history()).containsExactly("NEW>QUEUED", "QUEUED>FAILED");
  }

  @Test
  void aJobThatWaitsForItsNextAttemptFails() {
    claim();
    ledger.fault(lease(), STALLED, RETRY, new Random(1));
    makeOverdue();
    lost.sweepOverdue();
    assertFailedOnce();
  }

  @Test
  void aPausedJobFailsToo() {
    admit();
    orders.pause("", job, "");
    makeOverdue();
    lost.sweepOverdue();
    assertFailedOnce();
  }

  @Test
  void aQueuedJobThatAWorkerTakesTooLateFailsInsteadOfRunning() {
    admit();
    makeOverdue();
    assertThat(worker("a").claim(job)).isEmpty();
    assertFailedOnce();
    assertThat(row().attempt()).isZero();
  }

  @Test
  void aRunningJobIsItsWorkersToStop() {
    claim();
    makeOverdue();
    lost.sweepOverdue();
    lost.sweep();
    assertThat(row().state()).isEqualTo(JobState.RUNNING);

    assertThat(ledger.fault(lease(), row().overdueFault(), RETRY, new Random(1)))
        .isEqualTo(JobState.FAILED);
    assertFailedOnce();
  }

  @Test
  void aJobThatHasLostItsWorkerFailsInsteadOfGoingOn() {
    claim();
    makeOverdue();
    expireLease();
    lost.sweep();
    assertFailedOnce();
  }

  @Test
  void anOrderToCancelCountsMore() {
    claim();
    orders.cancel("", job, false, "");
    makeOverdue();
    assertThat(ledger.fault(lease(), row().overdueFault(), RETRY, new Random(1)))
        .isEqualTo(JobState.CANCELLING);
    lost.sweepOverdue();
    assertThat(row().state()).isEqualTo(JobState.CANCELLING);
  }

  @Test
  void whatIsCompleteStaysSo() {
    claim();
    ledger.complete(
        lease(),
        true,
        totals -> new EventData.Completed("h", "n", "bucket", 1, List.of(), "k", 0, 0, 1.0, 0));
    makeOverdue();
    lost.sweepOverdue();
    lost.sweep();
    assertThat(row().state()).isEqualTo(JobState.SEEDING);
  }

  @Test
  void retryStartsANewDeadlineAndItCanBeMissedAgain() {
    admit();
    makeOverdue();
    lost.sweepOverdue();

    assertThat(orders.retry("", job)).isEqualTo(new Orders.Outcome.Done());

    assertThat(row().overdue()).isFalse();
    assertThat(row().deadlineAt()).isPresent();
    makeOverdue();
    lost.sweepOverdue();
    assertThat(outboxTypes())
        .containsExactly(
            "accepted",
            "failed",
            "dead-letter",
            "resumed",
            "continuation",
            "failed",
            "dead-letter");
  }

  @Test
  void aNewSubmissionBringsItsOwnDeadline() {
    admit();
    makeOverdue();
    lost.sweepOverdue();

    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admissions.Admission.CLAIM);

    assertThat(row().deadlineAt()).isEmpty();
    assertThat(worker("a").claim(job)).isPresent();
    assertThat(outboxTypes())
        .containsExactly("accepted", "failed", "dead-letter", "accepted", "started");
  }
}
