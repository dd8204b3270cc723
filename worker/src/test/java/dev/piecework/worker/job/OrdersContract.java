package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.message.EventData;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.Orders.Outcome;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What every database must make of orders, and of their races with everything else. */
abstract class OrdersContract extends LedgerFixture {
  private static final int ROUNDS = 15;
  private static final Outcome DONE = new Outcome.Done();
  private static final Outcome WAITING = new Outcome.Waiting();
  private static final Fault BROKEN = new Fault(Fault.Kind.INVALID_METAINFO, "no torrent");

  private Outcome pause() {
    return orders.pause("", job, "");
  }

  private Outcome cancel() {
    return orders.cancel("", job, false, "");
  }

  private void complete(Lease lease) {
    complete(lease, false);
  }

  private void complete(Lease lease, boolean seeding) {
    ledger.complete(
        lease,
        seeding,
        totals -> new EventData.Completed("h", "n", "bucket", 1, List.of(), "k", 0, 0, 1.0, 0));
  }

  private String reason() {
    return jdbc.sql("SELECT reason FROM piecework_job WHERE id = :job")
        .param("job", job)
        .query(String.class)
        .single();
  }

  private long table(String name) {
    return jdbc.sql("SELECT COUNT(*) FROM " + name + " WHERE job_id = :job")
        .param("job", job)
        .query(Long.class)
        .single();
  }

  /** Runs both from the same moment on; what a task throws is its result. */
  private static List<Object> race(Callable<?> one, Callable<?> other) throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(2);
    try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
      List<Future<Object>> results =
          List.of(one, other).stream()
              .map(task ->
                  executor.submit(
                      (Callable<Object>)
                          () -> {
                            barrier.await();
                            try {
                              return task.call();
                            } catch (RuntimeException e) {
                              return e;
                            }
                          }))
              .toList();
      return List.of(results.get(0).get(), results.get(1).get());
    }
  }

  @Test
  void aQueuedJobIsPausedAtOnceAndGoesOnWhenResumed() {
    worker("a").admit(submission("m1"));

    assertThat(orders.pause("", job, "for the backup")).isEqualTo(DONE);
    assertThat(row().state()).isEqualTo(JobState.PAUSED);
    assertThat(reason()).isEqualTo("by order: for the backup");
    assertThat(worker("a").claim(job)).isEmpty();
    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admissions.Admission.LEAVE);

    assertThat(orders.resume("", job)).isEqualTo(DONE);
    assertThat(worker("a").claim(job)).isPresent();
    assertThat(outboxTypes())
        .containsExactly("accepted", "paused", "resumed", "continuation", "started");
    assertThat(history())
        .containsExactly("NEW>QUEUED", "QUEUED>PAUSED", "PAUSED>QUEUED", "QUEUED>RUNNING");
  }

  @Test
  void everyPauseAndEveryResumeHasItsEvent() {
    worker("a").admit(submission("m1"));
    for (int i = 0; i < 3; i++) {
      assertThat(pause()).isEqualTo(DONE);
      assertThat(orders.resume("", job)).isEqualTo(DONE);
    }
    assertThat(outboxTypes()).filteredOn("paused"::equals).hasSize(3);
    assertThat(outboxTypes()).filteredOn("resumed"::equals).hasSize(3);
    assertThat(outboxTypes()).filteredOn("continuation"::equals).hasSize(3);
  }

  @Test
  void aRunningJobIsPausedWhenItsWorkerGivesItBack() {
    Lease lease = accepted("a").lease();
    checkpoints.write(lease, step(0, 1));

    assertThat(pause()).isEqualTo(WAITING);
    assertThat(row().state()).isEqualTo(JobState.RUNNING);
    assertThat(row().order()).isEqualTo(Order.PAUSE);
    assertThat(orders.pauseStands(job)).isEqualTo(WAITING);

    assertThat(ledger.handBack(lease, "bye")).isEqualTo(JobState.PAUSED);
    assertThat(orders.pauseStands(job)).isEqualTo(DONE);
    assertThat(row().order()).isEqualTo(Order.NONE);
    assertThat(checkpoints.read(job).parts()).hasSize(1);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "paused");
    assertThat(lost.sweep()).isZero();
  }

  @Test
  void anOrderToPauseCanBeWithdrawn() {
    Lease lease = accepted("a").lease();
    pause();

    assertThat(orders.resume("", job)).isEqualTo(DONE);

    assertThat(orders.pauseStands(job)).isInstanceOf(Outcome.Conflict.class);
    assertThat(ledger.handBack(lease, "bye")).isEqualTo(JobState.QUEUED);
  }

  @Test
  void aTransientFaultOfAJobThatIsToRestLetsItRest() {
    Lease lease = accepted("a").lease();
    orders.pause("", job, "");

    assertThat(ledger.fault(lease, STALLED, RETRY, new Random(1))).isEqualTo(JobState.PAUSED);
    assertThat(reason()).isEqualTo("by order; its run had ended with STALLED: no peers");
  }

  @Test
  void aPermanentFaultOfAJobThatIsToRestIsAFailure() {
    Lease lease = accepted("a").lease();
    orders.pause("", job, "");

    assertThat(ledger.fault(lease, BROKEN, RETRY, new Random(1))).isEqualTo(JobState.FAILED);
    assertThat(orders.pauseStands(job))
        .isEqualTo(
            new Outcome.Conflict("job " + job + " has failed: there is nothing left to pause"));
  }

  @Test
  void aPausedJobThatIsCancelledForgetsItsCheckpointWhenAllIsClearedAway() {
    Lease lease = accepted("a").lease();
    checkpoints.write(lease, step(0, 1));
    pause();
    ledger.handBack(lease, "bye");

    assertThat(orders.cancel("", job, true, "wrong year")).isEqualTo(WAITING);
    assertThat(cancelled.waiting()).contains(job);
    CancelledJobs.Clearing clearing = cancelled.claim(job).orElseThrow();
    assertThat(clearing.deleteObjects()).isTrue();
    assertThat(cancelled.claim(job)).isEmpty();
    assertThat(cancelled.waiting()).doesNotContain(job);
    assertThat(cancelled.finish(clearing.lease(), true, "")).isTrue();

    assertThat(row().state()).isEqualTo(JobState.CANCELLED);
    assertThat(orders.cancelStands(job, true)).isEqualTo(DONE);
    assertThat(table("piecework_part") + table("piecework_upload")).isZero();
    assertThat(table("piecework_checkpoint")).isZero();
    assertThat(outboxTypes()).containsExactly("accepted", "started", "paused", "cancelled");
    assertThat(history())
        .endsWith("PAUSED>CANCELLING", "CANCELLING>CANCELLING", "CANCELLING>CANCELLED");
  }

  @Test
  void aRunningJobIsCancelledWhenItsWorkerGivesItBack() {
    Lease lease = accepted("a").lease();

    assertThat(cancel()).isEqualTo(WAITING);
    assertThat(cancelled.claim(job)).isEmpty();
    assertThat(ledger.handBack(lease, "bye")).isEqualTo(JobState.CANCELLING);

    Lease clearing = cancelled.claim(job).orElseThrow().lease();
    assertThatThrownBy(() -> checkpoints.write(lease, step(0, 1)))
        .isInstanceOf(LeaseLostException.class);
    assertThat(cancelled.finish(clearing, false, "")).isTrue();
    assertThat(row().state()).isEqualTo(JobState.CANCELLED);
  }

  @Test
  void whoeverDiesWhileClearingAwayIsReplacedAndCanWriteNothing() {
    worker("a").admit(submission("m1"));
    cancel();
    Lease dead = cancelled("dead").claim(job).orElseThrow().lease();
    assertThat(cancelled.claim(job)).isEmpty();

    expireLease();
    assertThat(lost.sweep()).isZero();
    assertThat(cancelled.waiting()).contains(job);
    Lease heir = cancelled.claim(job).orElseThrow().lease();

    assertThatThrownBy(() -> cancelled.finish(dead, false, ""))
        .isInstanceOf(LeaseLostException.class);
    assertThat(cancelled.finish(heir, false, "")).isTrue();
    assertThat(outboxTypes()).containsExactly("accepted", "cancelled");
  }

  @Test
  void aWorkerThatDiedWhileClearingAwayTakesItUpWhenItIsBack() {
    worker("a").admit(submission("m1"));
    cancel();
    assertThat(cancelled("reborn").claim(job)).isPresent();

    assertThat(lost.releaseEarlierLife("reborn")).isEqualTo(1);
    assertThat(cancelled.claim(job)).isPresent();
  }

  @Test
  void clearingAwayThatCannotBeDoneNowIsPutOffEverLonger() {
    worker("a").admit(submission("m1"));
    cancel();
    Duration last = Duration.ZERO;
    for (int i = 0; i < 3; i++) {
      cancelled.putOff(cancelled.claim(job).orElseThrow().lease(), "the store is away", false);
      assertThat(cancelled.claim(job)).isEmpty();
      Duration delay = Duration.between(row().now(), row().dueAt().orElseThrow());
      assertThat(delay).isGreaterThan(last);
      last = delay;
      makeDue();
    }
    cancelled.putOff(cancelled.claim(job).orElseThrow().lease(), "shutting down", true);
    assertThat(cancelled.claim(job)).isPresent();
  }

  @Test
  void toDeleteTheObjectsTooCanBeAskedUntilTheEnd() {
    worker("a").admit(submission("m1"));
    cancel();
    CancelledJobs.Clearing clearing = cancelled.claim(job).orElseThrow();
    assertThat(clearing.deleteObjects()).isFalse();

    assertThat(orders.cancel("", job, true, "")).isEqualTo(WAITING);
    assertThat(cancelled.finish(clearing.lease(), false, "")).isFalse();
    assertThat(cancelled.finish(clearing.lease(), true, "")).isTrue();

    assertThat(orders.cancel("", job, true, "")).isEqualTo(DONE);
  }

  @Test
  void whatWasCancelledWithoutDeletingCannotBeDeletedAfterwards() {
    worker("a").admit(submission("m1"));
    cancel();
    cancelled.finish(cancelled.claim(job).orElseThrow().lease(), false, "");

    assertThat(cancel()).isEqualTo(DONE);
    assertThat(orders.cancel("", job, true, "")).isInstanceOf(Outcome.Conflict.class);
  }

  @Test
  void anOrderWhoseWorkerIsGoneIsObeyedByWhoeverLooksFirst() {
    accepted("a");
    pause();
    expireLease();
    assertThat(worker("b").claim(job)).isEmpty();
    assertThat(row().state()).isEqualTo(JobState.PAUSED);

    newJob();
    accepted("a");
    cancel();
    expireLease();
    assertThat(lost.sweep()).isEqualTo(1);
    assertThat(row().state()).isEqualTo(JobState.CANCELLING);

    newJob();
    accepted("a");
    expireLease();
    assertThat(pause()).isEqualTo(DONE);

    newJob();
    accepted("a");
    expireLease();
    assertThat(cancel()).isEqualTo(WAITING);
    assertThat(row().state()).isEqualTo(JobState.CANCELLING);
  }

  @Test
  void aCompletedJobCanBeNeitherPausedNorCancelled() {
    complete(accepted("a").lease());

    assertThat(pause())
        .isEqualTo(
            new Outcome.Conflict("job " + job + " has completed: there is nothing left to pause"));
    assertThat(cancel())
        .isEqualTo(
            new Outcome.Conflict("job " + job + " has completed: there is nothing left to cancel"));
    assertThat(orders.resume("", job)).isInstanceOf(Outcome.Conflict.class);
    assertThat(orders.retry("", job)).isInstanceOf(Outcome.Conflict.class);
    assertThat(row().state()).isEqualTo(JobState.COMPLETED);
  }

  @Test
  void cancelEndsTheSeedingOfACompletedJob() {
    Lease lease = accepted("a").lease();
    complete(lease, true);

    assertThat(pause()).isInstanceOf(Outcome.Conflict.class);
    assertThat(orders.cancel("", job, true, "")).isInstanceOf(Outcome.Conflict.class);
    assertThat(orders.cancel("", job, false, "enough")).isEqualTo(WAITING);
    assertThat(orders.cancelStands(job, false)).isEqualTo(WAITING);
    ledger.seedingEnded(lease, "told to stop");

    assertThat(orders.cancelStands(job, false)).isEqualTo(DONE);
    assertThat(reason()).isEqualTo("by order: enough; seeding ended");
    assertThat(row().state()).isEqualTo(JobState.COMPLETED);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "completed", "seeding");
  }

  @Test
  void cancelEndsSeedingWhoseWorkerIsGoneAtOnce() {
    Lease lease = accepted("a").lease();
    complete(lease, true);
    expireLease();

    assertThat(cancel()).isEqualTo(DONE);
    assertThat(row().state()).isEqualTo(JobState.COMPLETED);
    assertThatThrownBy(() -> ledger.seedingEnded(lease, "late"))
        .isInstanceOf(LeaseLostException.class);
  }

  @Test
  void aFailedJobIsRetriedInANewSeriesFromItsCheckpoint() {
    Lease lease = accepted("a").lease();
    checkpoints.write(lease, step(0, 1));
    ledger.fault(lease, BROKEN, RETRY, new Random(1));

    assertThat(orders.retry("", job)).isEqualTo(DONE);

    assertThat(worker("a").claim(job).orElseThrow().row().attempt()).isEqualTo(1);
    assertThat(checkpoints.read(job).parts()).hasSize(1);
    assertThat(outboxTypes())
        .containsExactly(
            "accepted", "started", "failed", "dead-letter", "resumed", "continuation", "started");
  }

  @Test
  void aJobThatWaitsForItsNextAttemptHasItNow() {
    ledger.fault(accepted("a").lease(), STALLED, RETRY, new Random(1));
    assertThat(worker("a").claim(job)).isEmpty();

    assertThat(orders.retry("", job)).isEqualTo(DONE);

    assertThat(worker("a").claim(job).orElseThrow().row().failures()).isEqualTo(1);
  }

  @Test
  void aFailedJobCanBeCancelledAndACancelledOneStartsAgainByRetryOrSubmission() {
    ledger.fault(accepted("a").lease(), BROKEN, RETRY, new Random(1));
    assertThat(cancel()).isEqualTo(WAITING);
    assertThat(orders.retry("", job)).isInstanceOf(Outcome.Conflict.class);
    cancelled.finish(cancelled.claim(job).orElseThrow().lease(), false, "");
    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admissions.Admission.LEAVE);

    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admissions.Admission.CLAIM);
    assertThat(worker("a").claim(job)).isPresent();
    cancel();
    ledger.handBack(lease(), "bye");
    cancelled.finish(cancelled.claim(job).orElseThrow().lease(), false, "");
    assertThat(orders.retry("", job)).isEqualTo(DONE);
    assertThat(worker("a").claim(job)).isPresent();
    assertThat(outboxTypes()).filteredOn("cancelled"::equals).hasSize(2);
    assertThat(outboxTypes()).filteredOn("accepted"::equals).hasSize(2);
  }

  @Test
  void aPriorityIsChangedWhileAJobMayWaitAndKeptThrough() {
    worker("a").admit(submission("m1"));
    assertThat(orders.prioritize("", job, 9)).isEqualTo(DONE);
    assertThat(row().priority()).isEqualTo(9);
    assertThat(pause()).isEqualTo(DONE);
    assertThat(orders.prioritize("", job, 3)).isEqualTo(DONE);
    orders.resume("", job);
    assertThat(worker("a").claim(job).orElseThrow().row().priority()).isEqualTo(3);
    assertThat(orders.prioritize("priority-of-" + job, job, 4)).as("while it runs").isEqualTo(DONE);
    ledger.fault(lease(), STALLED, RETRY, new Random(1));
    assertThat(row().priority()).isEqualTo(4);
    assertThat(orders.prioritize("", job, 5)).as("while it is retried").isEqualTo(DONE);
    assertThat(orders.prioritize("priority-of-" + job, job, 4))
        .as("the same request again")
        .isEqualTo(DONE);
    assertThat(row().priority()).isEqualTo(5);
  }

  @Test
  void aJobThatHasEndedHasNoPriorityToChange() {
    ledger.fault(accepted("a").lease(), BROKEN, RETRY, new Random(1));
    assertThat(orders.prioritize("", job, 9))
        .isEqualTo(
            new Outcome.Conflict(
                "job " + job + " has failed; \"retry\" it first, then change its priority"));
    cancel();
    assertThat(orders.prioritize("", job, 9)).isInstanceOf(Outcome.Conflict.class);
    cancelled.finish(cancelled.claim(job).orElseThrow().lease(), false, "");
    assertThat(orders.prioritize("", job, 9)).isInstanceOf(Outcome.Conflict.class);
    assertThat(row().priority()).isZero();
  }

  @Test
  void nobodyCanOrderAJobThatIsNotThere() {
    assertThat(pause()).isEqualTo(new Outcome.NoSuchJob());
    assertThat(orders.cancelStands(job, false)).isEqualTo(new Outcome.NoSuchJob());
  }

  @Test
  void aRequestThatComesAgainLateChangesNothing() {
    worker("a").admit(submission("m1"));
    assertThat(orders.pause("r1", job, "")).isEqualTo(DONE);
    assertThat(orders.pause("r1", job, "")).isEqualTo(DONE);
    assertThat(orders.resume("r2", job)).isEqualTo(DONE);

    assertThat(orders.pause("r1", job, "")).isInstanceOf(Outcome.Conflict.class);

    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(orders.forgetRequests(Duration.ofDays(1))).isZero();
  }

  @Test
  void ofOneRequestManyTimesAtOnceOneIsCarriedOut() throws Exception {
    worker("a").admit(submission("m1"));
    pause();

    assertThat(atOnce(6, () -> orders.resume("r", job))).containsOnly(DONE);

    assertThat(outboxTypes()).filteredOn("resumed"::equals).hasSize(1);
    assertThat(outboxTypes()).filteredOn("continuation"::equals).hasSize(1);
  }

  @RepeatedTest(ROUNDS)
  void cancelAgainstCompletionHasOneWinnerAndBothKnowIt() throws Exception {
    Lease lease = accepted("a").lease();

    List<Object> results =
        race(
            () -> cancel(),
            () -> {
              complete(lease);
              return "completed";
            });

    if (results.get(1).equals("completed")) {
      assertThat(results.getFirst()).isInstanceOf(Outcome.Conflict.class);
      assertThat(row().state()).isEqualTo(JobState.COMPLETED);
      assertThat(row().order()).isEqualTo(Order.NONE);
    } else {
      assertThat(results).containsExactly(WAITING, results.get(1));
      assertThat(results.get(1)).isInstanceOf(OrderPendingException.class);
      assertThat(ledger.handBack(lease, "bye")).isEqualTo(JobState.CANCELLING);
      assertThat(outboxTypes()).doesNotContain("completed");
    }
  }

  @RepeatedTest(ROUNDS)
  void pauseAgainstCompletionHasOneWinnerAndBothKnowIt() throws Exception {
    Lease lease = accepted("a").lease();

    List<Object> results =
        race(
            () -> pause(),
            () -> {
              complete(lease);
              return "completed";
            });

    boolean completed = results.get(1).equals("completed");
    assertThat(results.getFirst())
        .isInstanceOf(completed ? Outcome.Conflict.class : Outcome.Waiting.class);
    assertThat(row().state()).isEqualTo(completed ? JobState.COMPLETED : JobState.RUNNING);
    if (!completed) {
      assertThat(ledger.handBack(lease, "bye")).isEqualTo(JobState.PAUSED);
    }
  }

  @RepeatedTest(ROUNDS)
  void resumeAgainstSweeperPutsTheJobOnTheQueueOnce() throws Exception {
    ledger.fault(accepted("a").lease(), STALLED, RETRY, new Random(1));
    pause();
    makeDue();

    List<Object> results = race(() -> orders.resume("", job), () -> lost.sweep());

    assertThat(results.getFirst()).isEqualTo(DONE);
    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(outboxTypes()).filteredOn("continuation"::equals).hasSize(1);
  }

  @RepeatedTest(ROUNDS)
  void retryAgainstSweeperPutsTheJobOnTheQueueOnce() throws Exception {
    ledger.fault(accepted("a").lease(), STALLED, RETRY, new Random(1));
    makeDue();

    race(() -> orders.retry("", job), () -> lost.sweep());

    assertThat(row().state()).isEqualTo(JobState.QUEUED);
    assertThat(outboxTypes()).filteredOn("continuation"::equals).hasSize(1);
  }

  @RepeatedTest(ROUNDS)
  void cancelAgainstTakeoverLeavesNobodyRunningAJobThatIsCleared() throws Exception {
    accepted("a");
    expireLease();

    List<Object> results = race(() -> cancel(), () -> worker("b").claim(job));

    assertThat(results.getFirst()).isEqualTo(WAITING);
    if (results.get(1).equals(Optional.empty())) {
      assertThat(row().state()).isEqualTo(JobState.CANCELLING);
    } else {
      assertThat(row().state()).isEqualTo(JobState.RUNNING);
      assertThat(cancelled.claim(job)).isEmpty();
      assertThat(ledger.handBack(lease(), "bye")).isEqualTo(JobState.CANCELLING);
    }
    assertThat(cancelled.claim(job)).isPresent();
  }

  @RepeatedTest(ROUNDS)
  void pauseAgainstClaimEitherKeepsTheJobOffOrReachesItsWorker() throws Exception {
    worker("a").admit(submission("m1"));

    List<Object> results = race(() -> pause(), () -> worker("a").claim(job));

    if (results.get(1).equals(Optional.empty())) {
      assertThat(results.getFirst()).isEqualTo(DONE);
      assertThat(row().state()).isEqualTo(JobState.PAUSED);
    } else {
      assertThat(results.getFirst()).isEqualTo(WAITING);
      assertThat(row().order()).isEqualTo(Order.PAUSE);
    }
  }

  @RepeatedTest(ROUNDS)
  void ofManyWorkersOneClearsAway() throws Exception {
    worker("a").admit(submission("m1"));
    cancel();

    assertThat(atOnce(4, () -> cancelled.claim(job))).filteredOn(Optional::isPresent).hasSize(1);
  }

  private List<String> authors() {
    return jdbc.sql(
            """
            SELECT to_state, author FROM piecework_job_transition WHERE job_id = :job ORDER BY seq
            """)
        .param("job", job)
        .query((row, number) -> row.getString(1) + " " + row.getString(2))
        .list();
  }

  @Test
  void theHistoryNamesWhoOrderedWhatAWorkerObeys() {
    Lease lease = accepted("a").lease();
    orders.by("ops").pause("", job, "");
    ledger.handBack(lease, "bye");
    orders.by("you").resume("", job);
    orders.by("ops").cancel("", job, false, "");

    assertThat(authors())
        .containsExactly("QUEUED ", "RUNNING ", "PAUSED ops", "QUEUED you", "CANCELLING ops");
  }

  @Test
  void anOrderThatIsWithdrawnNamesNobodyAnyMore() {
    Lease lease = accepted("a").lease();
    orders.by("ops").pause("", job, "");
    orders.by("you").resume("", job);
    ledger.handBack(lease, "bye");

    assertThat(authors()).containsExactly("QUEUED ", "RUNNING ", "QUEUED ");
  }

  @Test
  void whoeverEndsSeedingIsNamed() {
    Lease lease = accepted("a").lease();
    complete(lease, true);
    orders.by("ops").cancel("", job, false, "enough");
    ledger.seedingEnded(lease, "ratio reached");

    assertThat(authors()).endsWith("SEEDING ", "COMPLETED ops");
  }
}
