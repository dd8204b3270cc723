package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.worker.checkpoint.FailedProofs;
import dev.piecework.worker.outbox.Outbox;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.function.Function;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Orders from outside: pause, resume, cancel, retry, priority. Each is one transaction under the
 * job's row lock, by whichever worker was asked. Where nobody holds the job it is done at once;
 * where a worker does, the order is written into the row for it, or for whoever comes after it.
 */
public final class Orders {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Transitions transitions;
  private final OrderedEnds ends;
  private final Outbox outbox;
  private final JobEntries entries;
  private final RegisteredSubmissions submissions;
  private final String author;

  /**
   * @param worker this worker's identity
   */
  public Orders(JdbcClient jdbc, TransactionTemplate transactions, Outbox outbox, String worker) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.transitions = new Transitions(jdbc, worker);
    this.outbox = outbox;
    this.entries = new JobEntries(worker);
    this.ends = new OrderedEnds(transitions, outbox, entries);
    this.submissions = new RegisteredSubmissions(jdbc);
    this.author = "";
  }

  private Orders(Orders others, String author) {
    this.jdbc = others.jdbc;
    this.transactions = others.transactions;
    this.transitions = others.transitions;
    this.outbox = others.outbox;
    this.entries = others.entries;
    this.ends = others.ends;
    this.submissions = others.submissions;
    this.author = author;
  }

  /**
   * The same, with the history naming who gives the orders.
   *
   * @param user the broker's user; empty if that is not known
   */
  public Orders by(String user) {
    return new Orders(this, user);
  }

  /** What became of an order. */
  public sealed interface Outcome {
    /** It is in effect. */
    record Done() implements Outcome {}

    /** It is written down; a worker has still to obey it. */
    record Waiting() implements Outcome {}

    /** The job's state does not allow it; nothing was changed. */
    record Conflict(String why) implements Outcome {}

    /** There is no such job. */
    record NoSuchJob() implements Outcome {}
  }

  private static final String COMPLETED_WITH_OBJECTS =
      "has completed, and seeds: its objects are not deleted by a cancel, which without deleting"
          + " ends its seeding";
  private static final Outcome DONE = new Outcome.Done();
  private static final Outcome WAITING = new Outcome.Waiting();

  /**
   * Has a job rest.
   *
   * @param requestId whoever repeats it asks the same once more; empty if there is none
   * @param reason why, for people; may be empty
   */
  public Outcome pause(String requestId, String jobId, String reason) {
    return once(requestId, jobId, Orders::pauseStands, row -> pause(row, reason));
  }

  private Outcome pause(JobRow row, String reason) {
    return switch (row.state()) {
      case QUEUED, RETRYING -> {
        ends.pause(row, author, reason, "");
        yield DONE;
      }
      case RUNNING -> {
        if (row.order() == Order.CANCEL) {
          yield conflict(row, "is being cancelled");
        }
        if (!row.leased()) {
          ends.pause(row, author, reason, "its worker " + row.leaseOwner() + " is gone");
          yield DONE;
        }
        if (row.order() == Order.NONE) {
          transitions.order(row.ordered(Order.PAUSE, author, reason, false), "pause");
        }
        yield WAITING;
      }
      case PAUSED, SEEDING, COMPLETED, FAILED, CANCELLING, CANCELLED -> pauseStands(row);
    };
  }

  /** How an order to pause stands by now: for those who wait, and for those who ask again. */
  private static Outcome pauseStands(JobRow row) {
    return switch (row.state()) {
      case PAUSED -> DONE;
      case RUNNING ->
          row.order() == Order.PAUSE ? WAITING : conflict(row, "runs: it was told to go on");
      case QUEUED, RETRYING -> conflict(row, "is " + row.state().wireName() + " again");
      case SEEDING ->
          conflict(row, "has completed, and seeds: it cannot rest; \"cancel\" ends its seeding");
      case COMPLETED -> conflict(row, "has completed: there is nothing left to pause");
      case FAILED -> conflict(row, "has failed: there is nothing left to pause");
      case CANCELLING -> conflict(row, "is being cancelled");
      case CANCELLED -> conflict(row, "has been cancelled");
    };
  }

  /**
   * Has a paused job go on; or withdraws the order to pause one that still runs.
   *
   * @param requestId as in {@link #pause}
   */
  public Outcome resume(String requestId, String jobId) {
    return once(requestId, jobId, row -> DONE, this::resume);
  }

  private Outcome resume(JobRow row) {
    return switch (row.state()) {
      case PAUSED -> {
        restart(row, false, "resumed by order");
        yield DONE;
      }
      case RUNNING -> {
        if (row.order() != Order.PAUSE) {
          yield conflict(row, row.order() == Order.CANCEL ? "is being cancelled" : "runs already");
        }
        transitions.order(row.ordered(Order.NONE, "", "", false), "go on");
        yield DONE;
      }
      case QUEUED, RETRYING, SEEDING, COMPLETED ->
          conflict(row, "is " + row.state().wireName() + ", not paused");
      case FAILED, CANCELLED -> conflict(row, "has " + ended(row) + "; \"retry\" starts it again");
      case CANCELLING -> conflict(row, "is being cancelled");
    };
  }

  /**
   * Gives a job up. The row goes to {@link JobState#CANCELLING} at once unless a worker runs the
   * job; {@link CancelledJobs} has the rest. Submissions of it that are registered by now and still
   * on the queue are void. A job that seeds is complete already: only its seeding ends.
   *
   * @param requestId as in {@link #pause}
   * @param deleteObjects whether objects that it has finished are deleted too
   * @param reason why, for people; may be empty
   */
  public Outcome cancel(String requestId, String jobId, boolean deleteObjects, String reason) {
    return once(
        requestId,
        jobId,
        row -> cancelStands(row, deleteObjects),
        row -> cancel(row, deleteObjects, reason));
  }

  private Outcome cancel(JobRow row, boolean delete, String reason) {
    JobRow told = row.ordered(Order.CANCEL, author, reason, delete || row.deleteObjects());
    return switch (row.state()) {
      case QUEUED, RETRYING, PAUSED, FAILED -> {
        submissions.revokeAll(row.id());
        ends.cancel(told, author, reason, "");
        yield WAITING;
      }
      case RUNNING -> {
        submissions.revokeAll(row.id());
        if (!row.leased()) {
          ends.cancel(told, author, reason, "its worker " + row.leaseOwner() + " is gone");
        } else if (row.order() != Order.CANCEL || told.deleteObjects() != row.deleteObjects()) {
          transitions.order(told, "cancel");
        }
        yield WAITING;
      }
      case CANCELLING -> {
        submissions.revokeAll(row.id());
        if (told.deleteObjects() != row.deleteObjects()) {
          transitions.order(row.ordered(Order.NONE, "", "", true), "delete its objects too");
        }
        yield WAITING;
      }
      case CANCELLED -> {
        if (submissions.revokeAll(row.id())) {
          // Whoever submitted it again waits for its end.
          outbox.again(row.id(), EventType.CANCELLED.wireName());
        }
        yield cancelStands(row, delete);
      }
      case SEEDING -> {
        if (delete) {
          yield conflict(row, COMPLETED_WITH_OBJECTS);
        }
        if (!row.leased()) {
          transitions.change(
              row,
              row.ended(JobState.COMPLETED, 0),
              OrderedEnds.text(reason, "seeding ended with its worker " + row.leaseOwner()),
              author);
          yield DONE;
        }
        if (row.order() != Order.CANCEL) {
          transitions.order(told, "end its seeding");
        }
        yield WAITING;
      }
      case COMPLETED -> cancelStands(row, delete);
    };
  }

  private static Outcome cancelStands(JobRow row, boolean delete) {
    return switch (row.state()) {
      case CANCELLED ->
          delete && !row.deleteObjects()
              ? conflict(
                  row,
                  "was cancelled before, without deleting; what it had finished is no longer known")
              : DONE;
      case CANCELLING -> WAITING;
      case RUNNING -> row.order() == Order.CANCEL ? WAITING : conflict(row, "runs again");
      case SEEDING -> row.order() == Order.CANCEL ? WAITING : conflict(row, COMPLETED_WITH_OBJECTS);
      case COMPLETED -> conflict(row, "has completed: there is nothing left to cancel");
      case QUEUED, RETRYING, PAUSED, FAILED ->
          conflict(row, "is " + row.state().wireName() + " again");
    };
  }

  /**
   * Has a failed or cancelled job start a new series of attempts, with its deadline anew, and one
   * that waits for its next attempt have it now.
   *
   * @param requestId as in {@link #pause}
   */
  public Outcome retry(String requestId, String jobId) {
    return once(requestId, jobId, row -> DONE, this::retry);
  }

  private Outcome retry(JobRow row) {
    return switch (row.state()) {
      case FAILED, CANCELLED -> {
        transitions.startDeadline(row, Admissions.message(jdbc, row.id()).options().deadline());
        restart(row, true, "retried by order");
        yield DONE;
      }
      case RETRYING -> {
        JobRow after = row.requeued();
        transitions.change(row, after, "retried by order", author);
        outbox.add(entries.continuation(after), row.now());
        yield DONE;
      }
      case PAUSED -> conflict(row, "is paused; \"resume\" has it go on");
      case CANCELLING -> conflict(row, "is being cancelled; retry it when that is done");
      case QUEUED, RUNNING, SEEDING, COMPLETED ->
          conflict(row, "is " + row.state().wireName() + ": there is nothing to retry");
    };
  }

  /**
   * Changes the priority of a job that waits for a worker, or may wait again.
   *
   * @param requestId as in {@link #pause}
   * @param priority 0 to 9, the highest first
   */
  public Outcome prioritize(String requestId, String jobId, int priority) {
    return once(requestId, jobId, row -> DONE, row -> prioritize(row, priority));
  }

  private Outcome prioritize(JobRow row, int priority) {
    return switch (row.state()) {
      case QUEUED, RUNNING, RETRYING, PAUSED -> {
        transitions.prioritize(row, priority);
        yield DONE;
      }
      case SEEDING, COMPLETED -> conflict(row, "has completed: it waits for no worker any more");
      case FAILED, CANCELLED ->
          conflict(row, "has " + ended(row) + "; \"retry\" it first, then change its priority");
      case CANCELLING -> conflict(row, "is being cancelled");
    };
  }

  private void restart(JobRow row, boolean newSeries, String reason) {
    JobRow after = row.restarted(newSeries);
    if (newSeries) {
      FailedProofs.forget(jdbc, row.id());
    }
    transitions.change(row, after, reason, author);
    outbox.add(entries.entry(after, EventType.RESUMED, "", new EventData.None()), row.now());
    outbox.add(entries.continuation(after), row.now());
  }

  /** How an order stands that {@link #pause} was told to wait for. */
  public Outcome pauseStands(String jobId) {
    return transitions.read(jobId).map(Orders::pauseStands).orElseGet(Outcome.NoSuchJob::new);
  }

  /**
   * How an order stands that {@link #cancel} was told to wait for. One that has to be waited for
   * ends at COMPLETED only where it was seeding that had to end.
   */
  public Outcome cancelStands(String jobId, boolean deleteObjects) {
    return transitions
        .read(jobId)
        .map(row -> row.state() == JobState.COMPLETED ? DONE : cancelStands(row, deleteObjects))
        .orElseGet(Outcome.NoSuchJob::new);
  }

  /** Forgets requests that nobody can repeat any more. */
  public int forgetRequests(Duration olderThan) {
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    return jdbc.sql("DELETE FROM piecework_control_request WHERE at < :before")
        .param("before", now.minus(olderThan))
        .update();
  }

  /**
   * Carries out a request unless that was done before: the broker delivers a request again when the
   * worker that had it vanishes, and by then somebody may have ordered the opposite.
   */
  private Outcome once(
      String requestId,
      String jobId,
      Function<JobRow, Outcome> again,
      Function<JobRow, Outcome> first) {
    Outcome outcome =
        transactions.execute(status -> {
          Optional<JobRow> row = transitions.lock(jobId);
          if (row.isEmpty()) {
            return new Outcome.NoSuchJob();
          }
          return remember(requestId) ? first.apply(row.get()) : again.apply(row.get());
        });
    if (outcome == null) {
      throw new IllegalStateException("a transaction without a result");
    }
    return outcome;
  }

  /** The job's row lock keeps a second delivery of the same request out meanwhile. */
  private boolean remember(String requestId) {
    if (requestId.isEmpty()) {
      return true;
    }
    long known =
        jdbc.sql("SELECT COUNT(*) FROM piecework_control_request WHERE id = :id")
            .param("id", requestId)
            .query(Long.class)
            .single();
    if (known > 0) {
      return false;
    }
    jdbc.sql("INSERT INTO piecework_control_request(id, at) VALUES (:id, CURRENT_TIMESTAMP)")
        .param("id", requestId)
        .update();
    return true;
  }

  private static String ended(JobRow row) {
    return row.state() == JobState.FAILED ? "failed" : "been cancelled";
  }

  private static Outcome conflict(JobRow row, String why) {
    return new Outcome.Conflict("job " + row.id() + " " + why);
  }
}
