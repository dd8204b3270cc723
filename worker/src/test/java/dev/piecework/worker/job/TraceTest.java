package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.TraceParent;
import dev.piecework.worker.TestDatabase;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.outbox.Outbox;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The trace of a job's submission is on whatever is published about the job. */
class TraceTest {
  private static final TraceParent FIRST = TraceParent.fresh(new Random(1));
  private static final TraceParent SECOND = TraceParent.fresh(new Random(2));

  private final TestDatabase database = TestDatabase.h2();
  private final Outbox outbox = new Outbox(database.jdbc());
  private final Admissions admissions =
      new Admissions(
          database.jdbc(),
          database.transactions(),
          outbox,
          "me",
          Duration.ofSeconds(15),
          FairShares.NONE);
  private final JobLedger ledger =
      new JobLedger(database.jdbc(), database.transactions(), outbox, "me");

  @AfterEach
  void close() {
    database.close();
  }

  private static Submission submission(String messageId, Optional<TraceParent> trace) {
    JobMessage job =
        new JobMessage(
            1,
            "job",
            JobSource.Inline.of(new byte[] {'d', 'e'}),
            new Destination("data", ""),
            JobOptions.none());
    return new Submission(job, messageId, false, false, trace, "");
  }

  private List<Map<String, String>> headers() {
    return outbox.pending(100, Long.MAX_VALUE).entries().stream()
        .map(pending -> pending.entry().headers())
        .toList();
  }

  @Test
  void everyMessageAboutAJobHasItsTrace() {
    admissions.admit(submission("one", Optional.of(FIRST)));
    Claim claim = admissions.claim("job").orElseThrow();
    ledger.handBack(claim.lease(), "the worker shuts down");

    assertThat(headers())
        .hasSizeGreaterThan(3)
        .allSatisfy(each -> assertThat(each).containsEntry("traceparent", FIRST.value()));
    assertThat(headers())
        .anySatisfy(each -> assertThat(each).containsKey("piecework-continuation"));
  }

  @Test
  void aFailedJobSubmittedAgainFollowsTheNewTrace() {
    admissions.admit(submission("one", Optional.of(FIRST)));
    Claim claim = admissions.claim("job").orElseThrow();
    ledger.fault(
        claim.lease(),
        new Fault(Fault.Kind.INVALID_METAINFO, "no torrent"),
        new RetryPolicy(5, Duration.ofSeconds(1), Duration.ofSeconds(1)),
        new Random(3));
    admissions.admit(submission("two", Optional.of(SECOND)));

    assertThat(headers())
        .allSatisfy(each -> assertThat(each).containsEntry("traceparent", SECOND.value()));
  }

  @Test
  void aJobWithoutATraceHasNone() {
    admissions.admit(submission("one", Optional.empty()));
    assertThat(headers())
        .isNotEmpty()
        .allSatisfy(each -> assertThat(each).doesNotContainKey("traceparent"));
  }
}
