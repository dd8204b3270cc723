package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.MessageException;
import dev.piecework.worker.checkpoint.FailedProofs;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.TextMap;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.MDC;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What becomes of a job message: a new row, a claim, or nothing at all. */
public final class Admissions {
  private static final String HOST_NAME = hostName();
  private static final String TRACE = "trace";

  /** Jobs that end in one claim because they are overdue; the next claim goes on. */
  private static final int MAX_ENDED = 20;

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
  private final FairShares shares;
  private final QueuedJobs queue;

  /**
   * @param worker this worker's identity
   * @param leaseDuration of the leases it takes
   * @param shares by which jobs take turns
   */
  public Admissions(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      String worker,
      Duration leaseDuration,
      FairShares shares) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.ends = new OrderedEnds(transitions, outbox, entries);
    this.failedEnds = new FailedEnds(transitions, outbox, entries);
    this.newJobs = new NewJobs(jdbc, transitions, outbox, entries, shares);
    this.submissions = new RegisteredSubmissions(jdbc);
    this.takenIds = new TakenIds(jdbc, transitions, outbox, entries);
    this.worker = worker;
    this.leaseDuration = leaseDuration;
    this.shares = shares;
    this.queue = new QueuedJobs(jdbc, transitions, shares);
  }

  /** What a message leads to. */
  public enum Admission {
    /** The job waits for a worker: its row, with all that the message says, is in the queue. */
    CLAIM,
    /** The job has lost its worker: to be claimed at once, out of turn. */
    TAKE_OVER,
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
   * The same, and claims the job whose turn it is, which need not be the message's: in one
   * transaction. A message is worth one claim, whatever has become of its own job, since that may
   * have been claimed by the message of another.
   *
   * @return empty if no job waits
   * @throws IdTakenException as {@link #admit}
   */
  public Optional<Claim> take(Submission submission) {
    try {
      return admitting(
          submission,
          () ->
              admitted(submission) == Admission.TAKE_OVER
                  ? claimed(submission.job().id())
                  : nextClaim(Optional.empty()));
    } catch (DataAccessException e) {
      if (!SqlFaults.lasting(e)) {
        throw e;
      }
      // What the database refuses may be about the message or about another job's row. Apart, with
      // the message's own job, no message is refused for what another's row holds.
      admit(submission);
      return claim(submission.job().id());
    }
  }

  /**
   * Claims the job whose turn it is among those that no message has brought, though one was waited
   * for.
   *
   * @param waited for how long a job's message is waited for
   * @return empty if there is none
   */
  public Optional<Claim> next(Duration waited) {
    return performAgain(() -> nextClaim(Optional.of(waited)));
  }

  private Optional<Claim> nextClaim(Optional<Duration> waited) {
    for (int ended = 0; ended < MAX_ENDED; ended++) {
      Optional<JobRow> row = queue.lockNext(waited);
      if (row.isEmpty()) {
        return Optional.empty();
      }
      Optional<Claim> claim = claimed(row.get());
      if (claim.isPresent()) {
        return claim;
      }
    }
    return Optional.empty();
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
    return newJobs.write(submission) ? Admission.CLAIM : again(submission).orElseThrow();
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
          case RUNNING -> row.leased() ? Admission.LEAVE : Admission.TAKE_OVER;
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
    JobRow after = row.restarted(true);
    transitions.change(row, after, "submitted again", submission.author());
    outbox.add(entries.entry(after, EventType.ACCEPTED, "", new EventData.None()), row.now());
  }

  private void remember(Submission submission) {
    jdbc.sql(
            """
            UPDATE piecework_job SET submission = :submission, message = :message,
              priority = :priority, labels = :labels, share = :share, trace_parent = :trace, source = :source
            WHERE id = :id
            """)
        .param("trace", submission.traceText())
        .param("submission", submission.messageId())
        .param("message", NewJobs.text(submission.job()))
        .param("source", submission.job().source().summary())
        .param("priority", submission.job().options().priority())
        .param("labels", TextMap.write(submission.job().options().labels()))
        .param("share", shares.of(submission.job().options()))
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
    return transitions.lock(jobId).flatMap(this::claimed);
  }

  private Optional<Claim> claimed(JobRow row) {
    boolean free =
        row.state() == JobState.QUEUED || (row.state() == JobState.RUNNING && !row.leased());
    if (!free || ends.obey(row, "its worker " + row.leaseOwner() + " is gone").isPresent()) {
      return Optional.empty();
    }
    if (row.overdue()) {
      failedEnds.failOverdue(row);
      return Optional.empty();
    }
    StoredMessage stored;
    try {
      stored = StoredMessage.read(jdbc, row.id());
    } catch (MessageException e) {
      // Of every attempt it would come to the same; and others wait behind it.
      failedEnds.fail(row, row.failures(), StoredMessage.unreadable(e));
      return Optional.empty();
    }
    // The thread may have the trace of the message by which this job, another, is claimed.
    MDC.remove(TRACE);
    stored.trace().ifPresent(trace -> MDC.put(TRACE, trace.traceId()));
    JobRow claimed = row.claimed(worker, leaseDuration);
    transitions.change(
        row, claimed, row.state() == JobState.RUNNING ? "taken over from " + row.leaseOwner() : "");
    outbox.add(
        entries.entry(
            claimed,
            EventType.STARTED,
            "",
            // A first claim finds no checkpoint: only a claim's holder writes one.
            new EventData.Started(
                worker, HOST_NAME, claimed.epoch() > 1 && hasCheckpoint(row.id()))),
        row.now());
    return Optional.of(
        new Claim(
            new Lease(row.id(), claimed.epoch(), worker),
            claimed,
            stored.job(),
            stored.trace(),
            row.waited()));
  }

  private boolean hasCheckpoint(String jobId) {
    return jdbc.sql("SELECT COUNT(*) FROM piecework_checkpoint WHERE job_id = :id")
            .param("id", jobId)
            .query(Long.class)
            .single()
        > 0;
  }

  static JobMessage message(JdbcClient jdbc, String jobId) {
    try {
      return StoredMessage.read(jdbc, jobId).job();
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
