package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.JobOptions;
import dev.piecework.worker.database.SqlFaults;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every database must make of the order in which queued jobs are claimed. */
abstract class QueueContract extends LedgerFixture {
  private static final FairShares BY_TEAM = new FairShares("team");

  /** Nothing of another test waits. */
  @BeforeEach
  void emptyQueue() {
    jdbc.sql("UPDATE piecework_job SET state = 'COMPLETED', lease_owner = ''").update();
    jdbc.sql("DELETE FROM piecework_share").update();
  }

  private static JobOptions options(int priority, Map<String, String> labels) {
    return new JobOptions(
        priority,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        0,
        0,
        Optional.empty(),
        labels);
  }

  private Admissions fairWorker() {
    return new Admissions(jdbc, database.transactions(), outbox, "a", LEASE, BY_TEAM);
  }

  private String register(FairShares shares, int priority, String team) {
    newJob();
    Map<String, String> labels = team.isEmpty() ? Map.of() : Map.of("team", team);
    new Registrations(jdbc, database.transactions(), outbox, "r", shares)
        .register(submission("m-" + job, options(priority, labels)));
    return job;
  }

  private String register(int priority) {
    return register(FairShares.NONE, priority, "");
  }

  private String next() {
    return worker("a").next(Duration.ZERO).map(claim -> claim.row().id()).orElse("none");
  }

  private void setBack(String column, Duration time) {
    jdbc.sql("UPDATE piecework_job SET " + column + " = :then WHERE id = :job")
        .param("then", OffsetDateTime.now(ZoneOffset.UTC).minus(time))
        .param("job", job)
        .update();
  }

  @Test
  void thePriorityDecidesAndThenTheOrderOfArrival() {
    String first = register(0);
    String second = register(0);
    String urgent = register(9);
    String middle = register(5);
    assertThat(List.of(next(), next(), next(), next(), next()))
        .containsExactly(urgent, middle, first, second, "none");
  }

  @Test
  void aMessageIsWorthOneClaimOfTheJobWhoseTurnItIs() {
    String urgent = register(9);
    newJob();
    Claim claim = worker("a").take(submission("m1")).orElseThrow();
    assertThat(claim.row().id()).isEqualTo(urgent);
    assertThat(row().state()).as("the message's own job").isEqualTo(JobState.QUEUED);

    String own = job;
    job = urgent;
    assertThat(worker("b").take(submission("m-" + urgent)).orElseThrow().row().id())
        .as("whose job runs already")
        .isEqualTo(own);
    assertThat(worker("b").take(submission("m-" + urgent))).isEmpty();
  }

  @Test
  void aMessageWhoseJobHasLostItsWorkerTakesItOverBeforeAnyOther() {
    accepted("a");
    expireLease();
    String abandoned = job;
    register(9);
    job = abandoned;
    assertThat(worker("b").take(submission("m1")).orElseThrow().row().id()).isEqualTo(abandoned);
  }

  @Test
  void workersAtOnceClaimDifferentJobs() throws Exception {
    List<String> waiting = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      waiting.add(register(i % 2));
    }
    List<String> claimed = atOnce(6, this::next);
    assertThat(claimed).containsExactlyInAnyOrderElementsOf(waiting);
  }

  @Test
  void aJobThatWasInterruptedKeepsItsPlaceAndOneThatIsTriedAgainGoesBehind() {
    String first = register(0);
    String second = register(0);
    assertThat(next()).isEqualTo(first);
    job = first;
    ledger.handBack(lease(), "the worker shuts down");
    assertThat(next()).isEqualTo(first);
    expireLease();
    lost.sweep();
    assertThat(next()).as("after its worker was lost").isEqualTo(first);

    ledger.fault(lease(), STALLED, RETRY, new Random(1));
    makeDue();
    lost.sweep();
    assertThat(List.of(next(), next())).containsExactly(second, first);
  }

  @Test
  void theWaitOfAClaimIsCountedFromTheBeginningOfTheWait() {
    register(0);
    setBack("queued_at", Duration.ofHours(2));
    Claim claim = worker("a").next(Duration.ZERO).orElseThrow();
    assertThat(claim.waited()).isBetween(Duration.ofMinutes(119), Duration.ofMinutes(121));
    ledger.handBack(lease(), "");
    assertThat(worker("a").next(Duration.ZERO).orElseThrow().waited())
        .isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void withoutItsMessageAJobIsClaimedWhenItHasBeenWaitedFor() {
    register(0);
    assertThat(worker("a").next(Duration.ofMinutes(1))).isEmpty();
    setBack("queued_at", Duration.ofMinutes(2));
    assertThat(worker("a").next(Duration.ofMinutes(1))).isPresent();
  }

  @Test
  void aClaimHasTheTraceAndTheMessageOfItsOwnRow() {
    String urgent = register(9);
    newJob();
    Claim claim = worker("a").take(submission("m1")).orElseThrow();
    assertThat(claim.message().id()).isEqualTo(urgent);
    assertThat(claim.lease().jobId()).isEqualTo(urgent);
    assertThat(claim.trace()).isEmpty();
  }

  @Test
  void anOverdueJobFailsAndTheNextIsClaimed() {
    String overdue = register(9);
    setBack("deadline_at", Duration.ofMinutes(1));
    String next = register(0);
    assertThat(next()).isEqualTo(next);
    assertThat(ledger.find(overdue).orElseThrow().state()).isEqualTo(JobState.FAILED);
  }

  @Test
  void aRowThatHoldsNoJobFailsAndHoldsUpNoOther() {
    String broken = register(9);
    jdbc.sql("UPDATE piecework_job SET message = '{\"version\":7}' WHERE id = :job")
        .param("job", job)
        .update();
    newJob();
    assertThat(worker("a").take(submission("m1")).orElseThrow().row().id()).isEqualTo(job);
    assertThat(ledger.find(broken).orElseThrow().state()).isEqualTo(JobState.FAILED);
    job = broken;
    assertThat(outboxTypes()).containsExactly("accepted", "failed", "dead-letter");
  }

  @Test
  void oneTeamsManyJobsDoNotHoldUpAnothersFew() {
    for (int i = 0; i < 200; i++) {
      register(BY_TEAM, 0, "a");
    }
    Set<String> few = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      few.add(register(BY_TEAM, 0, "b"));
    }
    List<String> claimed = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Claim claim = fairWorker().next(Duration.ZERO).orElseThrow();
      claimed.add(claim.row().id());
      // One slot: each ends before the next is claimed, so that none runs at a claim.
      job = claim.row().id();
      ledger.fault(lease(), STALLED, RETRY.withMaxAttempts(1), new Random(1));
    }
    assertThat(claimed).containsAll(few);
  }

  @Test
  void theShareWithTheFewestRunningJobsComesFirst() {
    for (int i = 0; i < 20; i++) {
      register(BY_TEAM, 0, "a");
    }
    for (int i = 0; i < 4; i++) {
      register(BY_TEAM, 0, "b");
    }
    List<String> teams = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Claim claim = fairWorker().next(Duration.ZERO).orElseThrow();
      teams.add(claim.row().labels().getOrDefault("team", ""));
    }
    assertThat(teams.subList(0, 8)).filteredOn("b"::equals).hasSize(4);
    assertThat(teams.subList(8, 10)).containsExactly("a", "a");
  }

  @Test
  void aHigherPriorityComesBeforeAnyTurn() {
    register(BY_TEAM, 0, "b");
    String one = register(BY_TEAM, 9, "a");
    String two = register(BY_TEAM, 9, "a");
    assertThat(fairWorker().next(Duration.ZERO).orElseThrow().row().id()).isEqualTo(one);
    assertThat(fairWorker().next(Duration.ZERO).orElseThrow().row().id()).isEqualTo(two);
  }

  @Test
  void workersAtOnceClaimDifferentJobsByShares() throws Exception {
    for (int i = 0; i < 12; i++) {
      register(BY_TEAM, 0, "team-" + i % 3);
    }
    List<String> claimed =
        atOnce(
            6,
            () -> {
              for (int tries = 0; ; tries++) {
                try {
                  return fairWorker().next(Duration.ZERO).orElseThrow().row().id();
                } catch (RuntimeException e) {
                  // As a worker does: a conflict about a share's first turn is tried again.
                  if (tries == 5 || !SqlFaults.causedBySql(e)) {
                    throw e;
                  }
                }
              }
            });
    assertThat(claimed).doesNotHaveDuplicates().hasSize(6);
  }
}
