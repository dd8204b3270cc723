package dev.piecework.worker.job;

import dev.piecework.worker.fault.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/**
 * A job as its row stood under lock, without its long columns.
 *
 * @param id the job
 * @param submission AMQP message id of the submission it follows; empty if it had none
 * @param state where it stands
 * @param attempt runs in this series
 * @param failures runs in a row that ended badly without progress
 * @param progressed whether the present run has written something new to the checkpoint
 * @param epoch raised by each claim
 * @param leaseOwner worker that holds it; empty if none
 * @param leaseUntil when the lease ends, by the database's clock
 * @param dueAt when the sweeper shall look at it; of a queued job empty until a worker has taken
 *     one of its messages
 * @param requeues times its message was published again since it last ran; of a cancelled job,
 *     times that clearing away was begun
 * @param priority of its messages
 * @param labels repeated in every event
 * @param order what its holder is told and has not obeyed yet
 * @param orderReason why, as whoever gave the order says; may be empty
 * @param orderAuthor the broker's user who gave it; empty if that is not known
 * @param deleteObjects whether its cancellation deletes finished objects
 * @param createdAt when it was accepted
 * @param deadlineAt when it has failed if it is not complete; empty if it has no deadline
 * @param now the database's clock when it was read
 */
public record JobRow(
    String id,
    String submission,
    JobState state,
    int attempt,
    int failures,
    boolean progressed,
    long epoch,
    String leaseOwner,
    Optional<Instant> leaseUntil,
    Optional<Instant> dueAt,
    int requeues,
    int priority,
    Map<String, String> labels,
    Order order,
    String orderReason,
    String orderAuthor,
    boolean deleteObjects,
    Instant createdAt,
    Optional<Instant> deadlineAt,
    Instant now) {

  /** However long a queue is, a lost message is missed within this time. */
  private static final Duration LONGEST_REQUEUE = Duration.ofHours(1);

  /** Whether some worker's lease still holds. */
  public boolean leased() {
    return !leaseOwner.isEmpty() && leaseUntil.isPresent() && leaseUntil.get().isAfter(now);
  }

  /** Whether its time has come. */
  public boolean due() {
    return dueAt.isPresent() && !dueAt.get().isAfter(now);
  }

  /** Whether its deadline is over. */
  public boolean overdue() {
    return deadlineAt.isPresent() && !deadlineAt.get().isAfter(now);
  }

  /** What an overdue job fails of. */
  public Fault overdueFault() {
    return new Fault(
        Fault.Kind.DEADLINE_EXCEEDED,
        "the job was not complete at its deadline, %s; it was accepted at %s: \"retry\" gives it as much time again, or submit it with a longer deadline"
            .formatted(deadlineAt.map(JobRow::seconds).orElse("none"), seconds(createdAt)));
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Whether it is merely registered: its message is on the queue, and no worker has taken it. */
  boolean registered() {
    return state == JobState.QUEUED && dueAt.isEmpty();
  }

  /** Failures in a row if the present run ends badly now. */
  int failuresAfterThis() {
    return progressed ? 1 : failures + 1;
  }

  JobRow claimed(String owner, Duration lease) {
    return with(
        JobState.RUNNING,
        attempt + 1,
        // Whoever held it before has vanished: that was a failure too.
        state == JobState.RUNNING ? failuresAfterThis() : failures,
        epoch + 1,
        owner,
        Optional.of(now.plus(lease)),
        Optional.empty(),
        0);
  }

  /** Back on the queue without blame: the worker shuts down. */
  JobRow handedBack(Duration requeueAfter) {
    return released(JobState.QUEUED, attempt - 1, progressed ? 0 : failures, requeueAfter);
  }

  /** Back on the queue because its worker has vanished. */
  JobRow lost(Duration requeueAfter) {
    return released(JobState.QUEUED, attempt, failuresAfterThis(), requeueAfter);
  }

  /** At rest: nobody holds it, and nothing is due until it is resumed. */
  JobRow paused() {
    return ended(JobState.PAUSED, progressed ? 0 : failures);
  }

  /**
   * Back at work, after it had rested or ended: fenced off from all that was before.
   *
   * @param newSeries whether attempts are counted anew
   */
  JobRow restarted(boolean newSeries, Duration requeueAfter) {
    return with(
        JobState.QUEUED,
        newSeries ? 0 : attempt,
        newSeries ? 0 : failures,
        epoch + 1,
        "",
        Optional.empty(),
        Optional.of(now.plus(requeueAfter)),
        0);
  }

  /** Given up: whichever worker comes first clears away, not before a time. */
  JobRow cancelling(Duration delay) {
    return with(
        JobState.CANCELLING,
        attempt,
        failures,
        epoch,
        "",
        Optional.empty(),
        Optional.of(now.plus(delay)),
        state == JobState.CANCELLING ? requeues : 0);
  }

  /** Given up, and a worker clears away. */
  JobRow cancelClaimed(String owner, Duration lease) {
    return with(
        JobState.CANCELLING,
        attempt,
        failures,
        epoch + 1,
        owner,
        Optional.of(now.plus(lease)),
        Optional.empty(),
        requeues + 1);
  }

  JobRow retrying(Duration delay) {
    return released(JobState.RETRYING, attempt, failuresAfterThis(), delay);
  }

  private JobRow released(JobState to, int attempts, int failed, Duration due) {
    return with(to, attempts, failed, epoch, "", Optional.empty(), Optional.of(now.plus(due)), 0);
  }

  /** On the queue, its message published again; looked at after a time that doubles. */
  JobRow requeued(Duration requeueAfter) {
    long factor = 1L << Math.min(requeues, 20);
    Duration doubled = requeueAfter.multipliedBy(factor);
    Duration wait = doubled.compareTo(LONGEST_REQUEUE) > 0 ? LONGEST_REQUEUE : doubled;
    return with(
        JobState.QUEUED,
        attempt,
        failures,
        epoch,
        "",
        Optional.empty(),
        Optional.of(now.plus(wait)),
        requeues + 1);
  }

  JobRow seeding() {
    return with(JobState.SEEDING, attempt, 0, epoch, leaseOwner, leaseUntil, Optional.empty(), 0);
  }

  /** At an end: nobody holds it, nothing is due. */
  JobRow ended(JobState end, int failed) {
    return with(end, attempt, failed, epoch, "", Optional.empty(), Optional.empty(), 0);
  }

  private JobRow with(
      JobState newState,
      int newAttempt,
      int newFailures,
      long newEpoch,
      String newOwner,
      Optional<Instant> newUntil,
      Optional<Instant> newDue,
      int newRequeues) {
    // An order is over when the state changes: obeyed, or too late.
    boolean same = newState == state;
    return new JobRow(
        id,
        submission,
        newState,
        newAttempt,
        newFailures,
        same && progressed && newEpoch == epoch,
        newEpoch,
        newOwner,
        newUntil,
        newDue,
        newRequeues,
        priority,
        labels,
        same ? order : Order.NONE,
        same ? orderReason : "",
        same ? orderAuthor : "",
        newState != JobState.QUEUED && deleteObjects,
        createdAt,
        deadlineAt,
        now);
  }

  /** With another order for its holder. */
  JobRow ordered(Order newOrder, String author, String reason, boolean delete) {
    return new JobRow(
        id,
        submission,
        state,
        attempt,
        failures,
        progressed,
        epoch,
        leaseOwner,
        leaseUntil,
        dueAt,
        requeues,
        priority,
        labels,
        newOrder,
        reason,
        author,
        delete,
        createdAt,
        deadlineAt,
        now);
  }
}
