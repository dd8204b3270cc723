package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.worker.checkpoint.FailedProofs;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.TextMap;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What becomes of a job message: a new row, a claim, or nothing at all. */
public final class Admissions {
  private static final String HOST_NAME = hostName();

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;
  private final OrderedEnds ends;
  private final FailedEnds failedEnds;
  private final NewJobs newJobs;
  private final RegisteredSubmissions submissions;
  private final TakenIds takenIds;
  private final String worker;
  private final Duration leaseDuration;
  private final Duration requeueAfter;

  /**
   * @param worker this worker's identity
   * @param leaseDuration of the leases it takes
   * @param requeueAfter how long a queued job's message is waited for
   */
  public Admissions(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      String worker,
      Duration leaseDuration,
      Duration requeueAfter) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.ends = new OrderedEnds(transitions, outbox, entries);
    this.failedEnds = new FailedEnds(transitions, outbox, entries);
    this.newJobs = new NewJobs(jdbc, transitions, outbox, entries);
    this.submissions = new RegisteredSubmissions(jdbc);
    this.takenIds = new TakenIds(jdbc, transitions, outbox, entries);
    this.worker = worker;
    this.leaseDuration = leaseDuration;
    this.requeueAfter = requeueAfter;
  }

  /** What a message leads to. */
  public enum Admission {
    /** The job waits for a worker: claim it. */
    CLAIM,
    /** Nothing to do: another worker has it, or it rests, or it has ended. Its row says which. */
    LEAVE
  }

  /**
   * Writes a new job down, or says what is to be done about one that is there. Submitting a job
   * again changes nothing, but for three ends: of a completed job the event is published again,
   * under the same id; a failed one starts again from its checkpoint, a cancelled one from nothing,
   * unless the submission had been registered before it was cancelled.
   *
   * @throws IdTakenException if the job that is there is another one; its event is written
   */
  public Admission admit(Submission submission) {
    return admitting(submission, () -> admitted(submission));
  }

  /**
   * The same, and takes the job at once where that is what it leads to: in one transaction.
   *
   * @return empty if there is nothing to do, or the job is not to be had
   * @throws IdTakenException as {@link #admit}
   */
  public Optional<Claim> take(Submission submission) {
    return admitting(
        submission,
        () ->
            admitted(submission) == Admission.CLAIM
                ? claimed(submission.job().id())
                : Optional.<Claim>empty());
  }

  private <T> T admitting(Submission submission, Supplier<T> work) {
    try {
      return performAgain(work);
    } catch (IdTakenException e) {
      transactions.executeWithoutResult(status -> takenIds.tell(submission, e));
      throw e;
    }
  }

  private <T> T performAgain(Supplier<T> work) {
    try {
      return perform(work);
    } catch (DuplicateKeyException e) {
      // Another worker has written the same job, or registered it, in the same moment.
      return perform(work);
    }
  }

  private Admission admitted(Submission submission) {
    Optional<Admission> known = again(submission);
    if (known.isPresent()) {
      return known.get();
    }
    // It may have been written between the two: then it is there now.
    return newJobs.write(submission, Optional.of(requeueAfter))
        ? Admission.CLAIM
        : again(submission).orElseThrow();
  }

  private Optional<Admission> again(Submission submission) {
    Optional<JobRow> found = transitions.lock(submission.job().id());
    if (found.isEmpty()) {
      return Optional.empty();
    }
    JobRow row = found.get();
    takenIds.check(row, submission);
    boolean asked =
        submission.asksAgain(row.submission())
            && !submissions.revoked(row.id(), submission.messageId());
    return Optional.of(
        switch (row.state()) {
          case QUEUED -> Admission.CLAIM;
          case RUNNING -> row.leased() ? Admission.LEAVE : Admission.CLAIM;
          case RETRYING, PAUSED, CANCELLING -> Admission.LEAVE;
          case COMPLETED, SEEDING -> {
            if (asked) {
              outbox.again(row.id(), EventType.COMPLETED.wireName());
              remember(submission);
            }
            yield Admission.LEAVE;
          }
          case FAILED, CANCELLED -> {
            if (!asked) {
              yield Admission.LEAVE;
            }
            resubmit(row, submission);
            yield Admission.CLAIM;
          }
        });
  }

  private void resubmit(JobRow row, Submission submission) {
    JobMessage before = message(jdbc, row.id());
    if (!before.destination().equals(submission.job().destination())
        || !JobDefinition.keys(before).equals(JobDefinition.keys(submission.job()))
        || !before.source().equals(submission.job().source())) {
      // The same job from another file or link, or in other words: it begins anew.
      UploadIntents.giveUp(jdbc, row.id());
      Title title = Title.of(submission.job().source());
      jdbc.sql(
              """
              UPDATE piecework_job SET metainfo = NULL, bucket = :bucket, prefix = :prefix,
                destination_clear = FALSE, info_hash = :hash, name = :name,
                total_bytes = 0, total_pieces = 0, total_files = 0, downloaded_bytes = 0,
                uploaded_bytes = 0, verified_pieces = 0,
                best_uploaded_bytes = 0, best_verified_pieces = 0
              WHERE id = :id
              """)
          .param("bucket", submission.job().destination().bucket())
          .param("prefix", submission.job().destination().prefix())
          .param("hash", title.infoHash())
          .param("name", title.name())
          .param("id", row.id())
          .update();
    }
    remember(submission);
    FailedProofs.forget(jdbc, row.id());
    transitions.startDeadline(row, submission.job().options().deadline());
    JobRow after = row.restarted(true, requeueAfter);
    transitions.change(row, after, "submitted again", submission.author());
    outbox.add(entries.entry(after, EventType.ACCEPTED, "", new EventData.None()), row.now());
  }

  private void remember(Submission submission) {
    jdbc.sql(
            """
            UPDATE piecework_job SET submission = :submission, message = :message,
              priority = :priority, labels = :labels, trace_parent = :trace, source = :source
            WHERE id = :id
            """)
        .param("trace", submission.traceText())
        .param("submission", submission.messageId())
        .param("message", NewJobs.text(submission.job()))
        .param("source", submission.job().source().summary())
        .param("priority", submission.job().options().priority())
        .param("labels", TextMap.write(submission.job().options().labels()))
        .param("id", submission.job().id())
        .update();
  }

  /**
   * Takes a job: raises its epoch, so that whoever had it before can write no more.
   *
   * @return empty if it is not to be had: held by a worker, at rest, ordered to stop, or ended, if
   *     only because its deadline is over
   */
  public Optional<Claim> claim(String jobId) {
    return perform(() -> claimed(jobId));
  }

  private Optional<Claim> claimed(String jobId) {
    Optional<JobRow> found = transitions.lock(jobId);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    JobRow row = found.get();
    boolean free =
        row.state() == JobState.QUEUED || (row.state() == JobState.RUNNING && !row.leased());
    if (!free || ends.obey(row, "its worker " + row.leaseOwner() + " is gone").isPresent()) {
      return Optional.empty();
    }
    if (row.overdue()) {
      failedEnds.failOverdue(row);
      return Optional.empty();
    }
    JobRow claimed = row.claimed(worker, leaseDuration);
    transitions.change(
        row, claimed, row.state() == JobState.RUNNING ? "taken over from " + row.leaseOwner() : "");
    outbox.add(
        entries.entry(
            claimed,
            EventType.STARTED,
            "",
            // A first claim finds no checkpoint: only a claim's holder writes one.
            new EventData.Started(worker, HOST_NAME, claimed.epoch() > 1 && hasCheckpoint(jobId))),
        row.now());
    return Optional.of(
        new Claim(new Lease(jobId, claimed.epoch(), worker), claimed, message(jdbc, jobId)));
  }

  private boolean hasCheckpoint(String jobId) {
    return jdbc.sql("SELECT COUNT(*) FROM piecework_checkpoint WHERE job_id = :id")
            .param("id", jobId)
            .query(Long.class)
            .single()
        > 0;
  }

  static JobMessage message(JdbcClient jdbc, String jobId) {
    String text =
        jdbc.sql("SELECT message FROM piecework_job WHERE id = :id")
            .param("id", jobId)
            .query(String.class)
            .single();
    try {
      return JobMessageCodec.decode(text.getBytes(StandardCharsets.UTF_8));
    } catch (MessageException e) {
      throw new IllegalStateException("a job's own row does not hold a job: " + jobId, e);
    }
  }

  private <T> T perform(Supplier<T> work) {
    T result = transactions.execute(status -> work.get());
    if (result == null) {
      throw new IllegalStateException("a transaction without a result");
    }
    return result;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
