package dev.piecework.worker.job;

import dev.piecework.worker.fault.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
 * @param dueAt when the sweeper shall look at it
 * @param requeues of a cancelled job, times that clearing away was begun; else how often its
 *     message was published again since it last ran
 * @param priority of its messages
 * @param labels repeated in every event
 * @param order what its holder is told and has not obeyed yet
 * @param orderReason why, as whoever gave the order says; may be empty
 * @param orderAuthor the broker's user who gave it; empty if that is not known
 * @param deleteObjects whether its cancellation deletes finished objects
 * @param createdAt when it was accepted
 * @param queuedAt since when it waits for a worker, or when it last began to
 * @param placeAt its place among the queued jobs of its priority: the earliest comes first
 * @param idleSince since when nothing has come for it, if it gave its slot to others meanwhile
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
    Instant queuedAt,
    Instant placeAt,
    Optional<Instant> idleSince,
    Optional<Instant> deadlineAt,
    Instant now) {

  private static final Set<JobState> KEEPS_IDLE =
      EnumSet.of(JobState.QUEUED, JobState.RUNNING, JobState.RETRYING);

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

  /** How long it has waited for a worker. */
  public Duration waited() {
    return Duration.between(queuedAt, now);
  }

  /** Back in its place in the queue without blame: the worker shuts down. */
  JobRow handedBack() {
    return released(
        JobState.QUEUED, attempt - 1, progressed ? 0 : failures, Optional.empty(), placeAt);
  }

  /** Back in its place in the queue because its worker has vanished. */
  JobRow lost() {
    return released(JobState.QUEUED, attempt, failuresAfterThis(), Optional.empty(), placeAt);
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
  JobRow restarted(boolean newSeries) {
    return with(
        JobState.QUEUED,
        newSeries ? 0 : attempt,
        newSeries ? 0 : failures,
        epoch + 1,
        "",
        Optional.empty(),
        Optional.empty(),
        0,
        now);
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
    return released(
            JobState.RETRYING, attempt, failuresAfterThis(), Optional.of(now.plus(delay)), placeAt)
        .withIdleSince(Optional.empty());
  }

  /** Since when nothing has come for it, if nothing has for a time by now. */
  Instant idleSince(Duration idle) {
    return progressed ? now.minus(idle) : idleSince.orElse(now.minus(idle));
  }

  /** Waits without blame: it has given its slot to others. */
  JobRow gaveWay(Duration idle, Duration delay) {
    Optional<Instant> since = Optional.of(idleSince(idle));
    return released(
            JobState.RETRYING,
            attempt - 1,
            progressed ? 0 : failures,
            Optional.of(now.plus(delay)),
            placeAt)
        .withIdleSince(since);
  }

  private JobRow released(
      JobState to, int attempts, int failed, Optional<Instant> due, Instant newPlace) {
    return with(to, attempts, failed, epoch, "", Optional.empty(), due, 0, newPlace);
  }

  /** Behind the others of its priority, after it has waited for its next attempt. */
  JobRow requeued() {
    return with(
        JobState.QUEUED,
        attempt,
        failures,
        epoch,
        "",
        Optional.empty(),
        Optional.empty(),
        requeues + 1,
        now);
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
    return with(
        newState,
        newAttempt,
        newFailures,
        newEpoch,
        newOwner,
        newUntil,
        newDue,
        newRequeues,
        placeAt);
  }

  private JobRow with(
      JobState newState,
      int newAttempt,
      int newFailures,
      long newEpoch,
      String newOwner,
      Optional<Instant> newUntil,
      Optional<Instant> newDue,
      int newRequeues,
      Instant newPlace) {
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
        newState == JobState.QUEUED && !same ? now : queuedAt,
        newPlace,
        progressed || !KEEPS_IDLE.contains(newState) ? Optional.empty() : idleSince,
        deadlineAt,
        now);
  }

  private JobRow withIdleSince(Optional<Instant> since) {
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
        order,
        orderReason,
        orderAuthor,
        deleteObjects,
        createdAt,
        queuedAt,
        placeAt,
        since,
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
        queuedAt,
        placeAt,
        idleSince,
        deadlineAt,
        now);
  }
}
