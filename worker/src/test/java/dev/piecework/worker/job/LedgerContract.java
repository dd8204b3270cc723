package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.cleanup.EndedJobs;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.pipeline.BatchRecords;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Transfer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.springframework.batch.core.repository.support.ResourcelessJobRepository;

/** What every database must make of claims, fences, transitions and the outbox. */
abstract class LedgerContract extends LedgerFixture {

  @Test
  void writesANewJobDownWithItsEvent() {
    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admissions.Admission.CLAIM);
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(outboxTypes()).containsExactly("accepted");
    assertThat(history()).containsExactly("NEW>QUEUED");
  }

  @Test
  void aSecondSubmissionChangesNothing() {
    Claim claim = accepted("a");
    assertThat(worker("b").admit(submission("m2"))).isEqualTo(Admissions.Admission.LEAVE);
    assertThat(row()).usingRecursiveComparison().ignoringFields("now").isEqualTo(claim.row());
    assertThat(outboxTypes()).containsExactly("accepted", "started");
  }

  @Test
  void ofManyFirstSubmissionsAtOnceOneIsWrittenDown() throws Exception {
    atOnce(6, () -> worker("a").admit(submission("m1")));
    assertThat(outboxTypes()).containsExactly("accepted");
  }

  @Test
  void ofManyClaimsAtOnceOneWins() throws Exception {
    worker("a").admit(submission("m1"));
    List<Optional<Claim>> claims = atOnce(6, () -> worker("a").claim(job));
    assertThat(claims).filteredOn(Optional::isPresent).hasSize(1);
    assertThat(row().epoch()).isEqualTo(1);
    assertThat(row().attempt()).isEqualTo(1);
  }

  @Test
  void ofManyTakeoversAtOnceOneWins() throws Exception {
    accepted("a");
    expireLease();
    List<Optional<Claim>> claims = atOnce(6, () -> worker("b").claim(job));
    assertThat(claims).filteredOn(Optional::isPresent).hasSize(1);
    assertThat(row().epoch()).isEqualTo(2);
  }

  @Test
  void aHeldJobIsNotClaimed() {
    accepted("a");
    assertThat(worker("b").claim(job)).isEmpty();
  }

  @Test
  void whoHasLostTheLeaseCanWriteNothing() {
    Lease old = accepted("a").lease();
    expireLease();
    assertThat(worker("b").claim(job)).isPresent();
    assertThatThrownBy(() -> ledger.note(old, EventType.METADATA, "", new EventData.None()))
        .isInstanceOf(LeaseLostException.class);
    assertThatThrownBy(() -> ledger.fault(old, STALLED, RETRY, new Random(1)))
        .isInstanceOf(LeaseLostException.class);
    assertThatThrownBy(() -> ledger.handBack(old, "bye")).isInstanceOf(LeaseLostException.class);
    assertThatThrownBy(() -> checkpoints.write(old, step(1, 1)))
        .isInstanceOf(LeaseLostException.class);
    assertThat(checkpoints.read(job).parts()).isEmpty();
    assertThat(row().leaseOwner()).isEqualTo("b");
    assertThat(outboxTypes()).containsExactly("accepted", "started", "started");
  }

  @Test
  void readsTheCheckpointItWrote() {
    Lease lease = accepted("a").lease();
    checkpoints.write(lease, step(0, 1));
    checkpoints.write(lease, step(0, 2));
    checkpoints.write(lease, step(0, 2));
    checkpoints.write(lease, step(1, 1));
    Checkpoint read = checkpoints.read(job);
    assertThat(read.uploads())
        .containsExactly(new Checkpoint.Upload(0, "u0"), new Checkpoint.Upload(1, "u1"));
    assertThat(read.parts()).extracting(Checkpoint.UploadedPart::number).containsExactly(1, 2, 1);
    assertThat(read.scratchId()).isEqualTo("scratch");
    assertThat(read.pieces().stream().boxed()).containsExactly(3);
  }

  @Test
  void forgetsWhatTheStoreHasLost() {
    Lease lease = accepted("a").lease();
    checkpoints.write(lease, step(0, 1));
    checkpoints.write(lease, step(1, 1));
    checkpoints.write(
        lease,
        new CheckpointTable.Step(
            new Transfer.Batch(List.of(0), List.of(), List.of(), new BitSet()),
            false,
            "scratch",
            0,
            0,
            0,
            0));
    assertThat(checkpoints.read(job).parts())
        .extracting(Checkpoint.UploadedPart::object)
        .containsExactly(1);
    assertThat(checkpoints.read(job).uploads())
        .extracting(Checkpoint.Upload::object)
        .containsExactly(1);
  }

  @Test
  void aTransientFaultIsRetriedUntilTheAttemptsAreUsedUp() {
    accepted("a");
    for (int attempt = 1; attempt <= 2; attempt++) {
      assertThat(ledger.fault(lease(), STALLED, RETRY, new Random(1))).isEqualTo(JobState.RETRYING);
      assertThat(worker("a").claim(job)).isEmpty();
      makeDue();
      assertThat(lost.sweep()).isEqualTo(1);
      assertThat(worker("a").claim(job)).isPresent();
    }
    assertThat(ledger.fault(lease(), STALLED, RETRY, new Random(1))).isEqualTo(JobState.FAILED);
    assertThat(outboxTypes())
        .containsExactly(
            "accepted",
            "started",
            "retrying",
            "continuation",
            "started",
            "retrying",
            "continuation",
            "started",
            "failed",
            "dead-letter");
    assertThat(row().attempt()).isEqualTo(3);
  }

  private JobState giveWay() {
    return ledger.giveWay(
        lease(),
        new JobLedger.GivingWay(
            STALLED, Duration.ofMinutes(1), Duration.ofMinutes(10), Duration.ofMinutes(1)),
        RETRY,
        new Random(1));
  }

  private void again() {
    makeDue();
    lost.sweep();
    assertThat(worker("a").claim(job)).isPresent();
  }

  private void idleSince(Duration ago) {
    jdbc.sql("UPDATE piecework_job SET idle_since = :then WHERE id = :job")
        .param("then", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC).minus(ago))
        .param("job", job)
        .update();
  }

  @Test
  void givingWayCountsAsNoAttemptUntilNothingHasComeForTooLong() {
    accepted("a");
    for (int times = 1; times <= 5; times++) {
      assertThat(giveWay()).isEqualTo(JobState.RETRYING);
      again();
      assertThat(row().attempt()).isEqualTo(1);
      assertThat(row().failures()).isZero();
    }
    idleSince(Duration.ofMinutes(11));
    assertThat(giveWay()).isEqualTo(JobState.RETRYING);
    assertThat(row().failures()).isEqualTo(1);
    again();
    assertThat(row().attempt()).isEqualTo(2);

    assertThat(giveWay()).as("counted anew").isEqualTo(JobState.RETRYING);
    assertThat(row().failures()).isEqualTo(1);
  }

  @Test
  void aJobThatGivesWayForEverFails() {
    accepted("a");
    JobState state = JobState.RUNNING;
    int times = 0;
    while (state != JobState.FAILED) {
      assertThat(++times).as("times that it gave way").isLessThan(10);
      state = giveWay();
      if (state == JobState.RETRYING) {
        idleSince(Duration.ofMinutes(11));
        again();
      }
    }
    assertThat(outboxTypes()).endsWith("failed", "dead-letter");
  }

  @Test
  void progressEndsTheTimeForWhichNothingHasCome() {
    accepted("a");
    giveWay();
    idleSince(Duration.ofMinutes(11));
    again();
    checkpoints.write(lease(), step(0, 1));
    assertThat(giveWay()).isEqualTo(JobState.RETRYING);
    assertThat(row().failures()).isZero();
    assertThat(row().idleSince().orElseThrow()).isAfter(row().now().minus(Duration.ofMinutes(2)));
  }

  @Test
  void aJobThatGivesWayObeysTheOrderThatItHas() {
    accepted("a");
    orders.pause("", job, "");
    assertThat(giveWay()).isEqualTo(JobState.PAUSED);
  }

  @Test
  void progressStartsTheCountOfFailuresAgain() {
    accepted("a");
    ledger.fault(lease(), STALLED, RETRY, new Random(1));
    makeDue();
    lost.sweep();
    assertThat(worker("a").claim(job)).isPresent();
    checkpoints.write(lease(), step(0, 1));
    ledger.fault(lease(), STALLED, RETRY, new Random(1));
    assertThat(row().failures()).isEqualTo(1);
  }

  @Test
  void whatWasDoneBeforeIsNoProgressTheSecondTime() {
    accepted("a");
    for (int attempt = 1; attempt <= 2; attempt++) {
      checkpoints.write(lease(), step(0, 1));
      assertThat(ledger.fault(lease(), STALLED, RETRY, new Random(1))).isEqualTo(JobState.RETRYING);
      assertThat(row().failures()).isEqualTo(attempt);
      makeDue();
      lost.sweep();
      assertThat(worker("a").claim(job)).isPresent();
    }
    checkpoints.write(lease(), step(0, 1));
    assertThat(ledger.fault(lease(), STALLED, RETRY, new Random(1))).isEqualTo(JobState.FAILED);
  }

  @Test
  void anObjectThatFailsItsProofTwiceIsRememberedUntilTheJobIsRetried() {
    accepted("a");
    assertThat(proofs.failed(lease(), 7, "has CRC32C a, expected b")).isEmpty();
    assertThat(proofs.failed(lease(), 8, "is not in the bucket")).isEmpty();
    assertThat(proofs.failed(lease(), 7, "has CRC32C c, expected b"))
        .contains("has CRC32C a, expected b");

    ledger.fault(lease(), STALLED.asLasting(), RETRY, new Random(1));
    assertThat(row().state()).isEqualTo(JobState.FAILED);
    orders.retry("", job);
    assertThat(worker("a").claim(job)).isPresent();
    assertThat(proofs.failed(lease(), 7, "again")).isEmpty();
  }

  @Test
  void aPermanentFaultIsFinalAtOnce() {
    accepted("a");
    Fault fault = new Fault(Fault.Kind.INVALID_METAINFO, "no torrent");
    assertThat(ledger.fault(lease(), fault, RETRY, new Random(1))).isEqualTo(JobState.FAILED);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "failed", "dead-letter");
  }

  @Test
  void aFailedJobStartsAgainWhenSubmittedAgainButNotWhenRedelivered() {
    accepted("a");
    ledger.fault(lease(), new Fault(Fault.Kind.INVALID_METAINFO, "no"), RETRY, new Random(1));
    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admissions.Admission.LEAVE);
    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admissions.Admission.CLAIM);
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(row().attempt()).isZero();
    assertThat(worker("a").claim(job)).isPresent();
  }

  @Test
  void aCompletedJobSubmittedAgainHasItsEventPublishedAgainUnderTheSameId() {
    accepted("a");
    ledger.complete(
        lease(),
        false,
        totals ->
            new EventData.Completed(
                "h", "n", "bucket", 1, List.of(), "k", totals.downloadedBytes(), 0, 1.0, 0));
    List<Outbox.Pending> first = pending();
    outbox.published(first);
    assertThat(pending()).isEmpty();
    assertThat(worker("b").admit(submission("m2"))).isEqualTo(Admissions.Admission.LEAVE);
    assertThat(pending())
        .singleElement()
        .satisfies(again -> {
          assertThat(again.entry().type()).isEqualTo("completed");
          assertThat(again.entry().messageId()).isEqualTo(first.getLast().entry().messageId());
          assertThat(again.body()).isEqualTo(first.getLast().body());
        });
    assertThat(row().state()).isEqualTo(JobState.COMPLETED);
  }

  @Test
  void handingBackFreesTheRowAndDoesNotCount() {
    accepted("a");
    ledger.handBack(lease(), "bye");
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(row().attempt()).isZero();
    assertThat(row().leaseOwner()).isEmpty();
    assertThat(outboxTypes()).containsExactly("accepted", "started", "handed-back", "continuation");
    assertThat(worker("b").claim(job)).isPresent();
  }

  @Test
  void manySweepersPutALostJobBackOnce() throws Exception {
    accepted("a");
    expireLease();
    List<Integer> touched = atOnce(6, () -> lost.sweep());
    assertThat(touched.stream().mapToInt(Integer::intValue).sum()).isEqualTo(1);
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "continuation");
  }

  @Test
  void aRestartedWorkerFreesItsOwnJobsAtOnceAndNobodyElses() {
    accepted("alive");
    String other = job;
    newJob();
    accepted("reborn");
    assertThat(lost.releaseEarlierLife("reborn")).isEqualTo(1);
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(ledger.find(other).orElseThrow().state()).isEqualTo(JobState.RUNNING);
    assertThat(worker("reborn").claim(job).orElseThrow().row().failures()).isEqualTo(1);
  }

  @Test
  void seedingEndsWithItsWorker() {
    accepted("a");
    ledger.complete(
        lease(),
        true,
        totals -> new EventData.Completed("h", "n", "bucket", 1, List.of(), "k", 0, 0, 1.0, 0));
    assertThat(row().state()).isEqualTo(JobState.SEEDING);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "completed", "seeding");
    expireLease();
    lost.sweep();
    assertThat(row().state()).isEqualTo(JobState.COMPLETED);
  }

  @Test
  void anEventIsWrittenOncePerEpochTypeAndDiscriminator() {
    Lease lease = accepted("a").lease();
    EventData.Metadata data = new EventData.Metadata("h", "n", 1, 1, 1, 16384);
    ledger.note(lease, EventType.METADATA, "", data);
    ledger.note(lease, EventType.METADATA, "", data);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "metadata");
  }

  @Test
  void aForgottenCheckpointIsNotShownAsDone() {
    accepted("a");
    checkpoints.write(lease(), step(0, 1));
    ledger.fault(lease(), STALLED.asLasting(), RETRY, new Random(1));
    JobStatuses statuses = new JobStatuses(jdbc);
    assertThat(statuses.find(job).orElseThrow().uploadedBytes()).isPositive();
    jdbc.sql("UPDATE piecework_job SET updated_at = :then WHERE id = :job")
        .param("then", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC).minusDays(8))
        .param("job", job)
        .update();

    new EndedJobs(jdbc, database.transactions(), new BatchRecords(new ResourcelessJobRepository()))
        .forgetCheckpoints(Duration.ofDays(7));

    assertThat(checkpoints.read(job).parts()).isEmpty();
    assertThat(statuses.find(job).orElseThrow().uploadedBytes()).isZero();
    assertThat(statuses.find(job).orElseThrow().verifiedPieces()).isZero();
  }

  @Test
  void publishedEventsAreForgottenInTimeButNotFinalOnes() {
    accepted("a");
    ledger.fault(lease(), new Fault(Fault.Kind.INVALID_METAINFO, "no"), RETRY, new Random(1));
    outbox.published(pending());
    jdbc.sql("UPDATE piecework_outbox SET published_at = :then WHERE job_id = :job")
        .param("then", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC).minusDays(8))
        .param("job", job)
        .update();
    outbox.purge(Duration.ofDays(7), List.of("failed"));
    assertThat(outboxTypes()).containsExactly("failed");
  }
}
