package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.JobStatus;
import dev.piecework.worker.job.Admissions.Admission;
import dev.piecework.worker.job.CancelledJobs.Clearing;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What every database must make of jobs whose messages are still on the queue. */
abstract class RegistrationsContract extends LedgerFixture {
  private static final int ROUNDS = 15;

  private boolean register(String messageId) {
    return registrations().register(submission(messageId));
  }

  private Registrations registrations() {
    return new Registrations(jdbc, database.transactions(), outbox, "registrar", FairShares.NONE);
  }

  private void cancelled() {
    orders.cancel("", job, false, "");
    Clearing clearing = cancelled.claim(job).orElseThrow();
    cancelled.finish(clearing.lease(), false, "");
    assertThat(row().state()).isEqualTo(JobState.CANCELLED);
  }

  private void completed() {
    ledger.complete(
        lease(),
        false,
        totals -> new EventData.Completed("h", "n", "bucket", 1, List.of(), "k", 0, 0, 1.0, 0));
  }

  @Test
  void aRegisteredJobIsKnownWithAllThatItsMessageSays() {
    URI source = URI.create("https://example.org/secret/a.torrent?passkey=secret");
    JobOptions options =
        new JobOptions(
            7,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of("team", "climate"));
    JobMessage message =
        new JobMessage(1, job, new JobSource.Url(source), new Destination("data", "x/"), options);

    assertThat(registrations().register(new Submission(message, "m1", false, false))).isTrue();

    JobStatus status = new JobStatuses(jdbc).find(job).orElseThrow();
    assertThat(status.state()).isEqualTo("queued");
    assertThat(status.priority()).isEqualTo(7);
    assertThat(status.labels()).containsExactly(Map.entry("team", "climate"));
    assertThat(status.source()).isEqualTo("https://example.org/...");
    assertThat(status.destination()).isEqualTo(new Destination("data", "x/"));
    assertThat(status.dueAt()).isEmpty();
    ListJobs question =
        new ListJobs(List.of("queued"), Map.of("team", "climate"), 1000, Optional.empty());
    assertThat(new JobStatuses(jdbc).list(question).orElseThrow().jobs()).contains(status);
    assertThat(history()).containsExactly("NEW>QUEUED");
    assertThat(outboxTypes()).containsExactly("accepted");
  }

  private static JobSource torrent(String name) {
    String text =
        "d4:infod6:lengthi1e4:name%d:%s12:piece lengthi16384e6:pieces20:%see"
            .formatted(name.length(), name, "01234567890123456789");
    return JobSource.Inline.of(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private Submission of(JobSource source, String messageId) {
    return new Submission(
        new JobMessage(1, job, source, new Destination("data", "x/"), JobOptions.none()),
        messageId,
        false,
        false);
  }

  private JobStatus status() {
    return new JobStatuses(jdbc).find(job).orElseThrow();
  }

  @Test
  void aJobWhoseMessageHoldsTheTorrentHasItsNameBeforeItBegins() {
    registrations().register(of(torrent("era5-2026"), "m1"));
    assertThat(status().name()).isEqualTo("era5-2026");
    assertThat(status().infoHash()).hasSize(40);
    assertThat(status().totalBytes()).isZero();
  }

  @Test
  void aNameThatTheDatabaseCannotHoldStopsNoRegistration() {
    registrations().register(of(torrent("a\0b"), "m1"));
    assertThat(status().state()).isEqualTo("queued");
    newJob();
    registrations().register(of(torrent("x".repeat(3000)), "m1"));
    assertThat(status().state()).isEqualTo("queued");
  }

  @Test
  void aMessageWhoseTorrentIsNoneIsRegisteredWithoutAName() {
    registrations().register(of(JobSource.Inline.of(new byte[] {1}), "m1"));
    assertThat(status().name()).isEmpty();
  }

  @Test
  void itsMessageIsTakenAsThatOfAnyNewJob() {
    register("m1");

    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admission.CLAIM);
    assertThat(worker("a").claim(job).orElseThrow().message()).isEqualTo(submission("m1").job());

    assertThat(outboxTypes()).containsExactly("accepted", "started");
    assertThat(history()).containsExactly("NEW>QUEUED", "QUEUED>RUNNING");
  }

  @RepeatedTest(ROUNDS)
  void ofRegistrationAndTakingAtOnceOneWritesTheJobDown() throws Exception {
    AtomicInteger turn = new AtomicInteger();
    List<Object> results =
        atOnce(
            4,
            () ->
                turn.getAndIncrement() % 2 == 0
                    ? register("m1")
                    : worker("a").admit(submission("m1")));

    assertThat(results).filteredOn(Admission.class::isInstance).containsOnly(Admission.CLAIM);
    assertThat(worker("a").claim(job)).isPresent();
    assertThat(outboxTypes()).containsExactly("accepted", "started");
  }

  @Test
  void aRegistrationThatComesTwiceOrToManyAtOnceCountsOnce() throws Exception {
    List<Boolean> first = atOnce(6, () -> register("m1"));
    assertThat(first).filteredOn(Boolean::booleanValue).hasSize(1);
    assertThat(register("m1")).isFalse();
    assertThat(outboxTypes()).containsExactly("accepted");
  }

  @Test
  void aRegistrationAfterItsMessageWasTakenChangesNothing() {
    accepted("a");
    JobRow running = row();
    assertThat(register("m1")).isFalse();
    assertThat(row()).usingRecursiveComparison().ignoringFields("now").isEqualTo(running);

    completed();
    JobRow ended = row();
    assertThat(register("m1")).isFalse();
    assertThat(row()).usingRecursiveComparison().ignoringFields("now").isEqualTo(ended);
    assertThat(outboxTypes()).containsExactly("accepted", "started", "completed");
  }

  @Test
  void ourOwnMessagesAndThoseWithoutAnIdAreNotRegistered() {
    Submission continuation = new Submission(submission("m1").job(), "m1", true, false);
    assertThat(registrations().register(continuation)).isFalse();
    assertThat(register("")).isFalse();
    assertThat(ledger.find(job)).isEmpty();
  }

  @Test
  void aRegisteredJobThatIsCancelledStaysSoWhenItsMessagesCome() {
    register("m1");
    register("m2");
    cancelled();

    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admission.LEAVE);
    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admission.LEAVE);

    assertThat(row().state()).isEqualTo(JobState.CANCELLED);
    assertThat(outboxTypes()).containsExactly("accepted", "cancelled");
  }

  @Test
  void aSubmissionAfterTheCancellationStartsTheJobAgainAndTheOldOnesStayVoid() {
    register("m1");
    register("m2");
    cancelled();
    register("m3");
    assertThat(row().state()).as("until its message is taken").isEqualTo(JobState.CANCELLED);

    assertThat(worker("a").admit(submission("m3"))).isEqualTo(Admission.CLAIM);
    assertThat(worker("a").claim(job)).isPresent();
    ledger.fault(lease(), STALLED, RETRY.withMaxAttempts(1), new Random(1));
    assertThat(row().state()).isEqualTo(JobState.FAILED);

    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admission.LEAVE);
    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admission.LEAVE);
    assertThat(row().state()).isEqualTo(JobState.FAILED);
    assertThat(worker("a").admit(submission("m4"))).isEqualTo(Admission.CLAIM);
  }

  @Test
  void cancellingOnceMoreVoidsWhatWasSubmittedMeanwhileAndSaysSo() {
    register("m1");
    cancelled();
    outbox.published(pending());
    register("m2");

    assertThat(orders.cancel("", job, false, "")).isEqualTo(new Orders.Outcome.Done());

    assertThat(worker("a").admit(submission("m2"))).isEqualTo(Admission.LEAVE);
    assertThat(pending())
        .as("for those who wait for the second submission")
        .extracting(entry -> entry.entry().type())
        .containsExactly("cancelled");
  }

  @Test
  void aRefusedCancellationVoidsNothing() {
    accepted("a");
    completed();
    outbox.published(pending());
    register("m2");

    assertThat(orders.cancel("", job, false, "")).isInstanceOf(Orders.Outcome.Conflict.class);

    worker("a").admit(submission("m2"));
    assertThat(pending()).extracting(entry -> entry.entry().type()).containsExactly("completed");
  }

  @RepeatedTest(ROUNDS)
  void ofACancellationAndTheMessageOneComesFirst() throws Exception {
    register("m1");
    AtomicInteger turn = new AtomicInteger();
    atOnce(
        2,
        () -> {
          if (turn.getAndIncrement() == 0) {
            return orders.cancel("", job, false, "");
          }
          return worker("a").admit(submission("m1")) == Admission.CLAIM
              ? worker("a").claim(job)
              : Optional.empty();
        });

    if (row().state() == JobState.RUNNING) {
      assertThat(row().order()).isEqualTo(Order.CANCEL);
      assertThat(ledger.handBack(lease(), "")).isEqualTo(JobState.CANCELLING);
    }
    assertThat(row().state()).isEqualTo(JobState.CANCELLING);
    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admission.LEAVE);
    assertThat(outboxTypes()).startsWith("accepted");
  }

  @Test
  void aRegisteredJobThatIsPausedGoesOnByItsContinuation() {
    register("m1");
    assertThat(orders.pause("", job, "")).isEqualTo(new Orders.Outcome.Done());
    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admission.LEAVE);
    assertThat(row().state()).isEqualTo(JobState.PAUSED);

    assertThat(orders.resume("", job)).isEqualTo(new Orders.Outcome.Done());

    Submission continuation = new Submission(submission("m1").job(), "c1", true, false);
    assertThat(worker("a").admit(continuation)).isEqualTo(Admission.CLAIM);
    assertThat(worker("a").claim(job)).isPresent();
    assertThat(outboxTypes())
        .containsExactly("accepted", "paused", "resumed", "continuation", "started");
  }

  @Test
  void aResumedJobWhoseOwnMessageComesFirstIsRunOnce() {
    register("m1");
    orders.pause("", job, "");
    orders.resume("", job);

    assertThat(worker("a").admit(submission("m1"))).isEqualTo(Admission.CLAIM);
    assertThat(worker("a").claim(job)).isPresent();
    completed();

    Submission continuation = new Submission(submission("m1").job(), "c1", true, false);
    assertThat(worker("b").admit(continuation)).isEqualTo(Admission.LEAVE);
    assertThat(outboxTypes()).filteredOn("started"::equals).hasSize(1);
  }
}
