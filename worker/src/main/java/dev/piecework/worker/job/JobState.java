package dev.piecework.worker.job;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The states of a job and the ways between them; docs/architecture.md draws them. Every change
 * passes {@link Transitions#change}, which asks {@link #to} and writes the history.
 */
public enum JobState {
  /** Written down; a message for it is on the queue or in a worker's hands. */
  QUEUED,
  /** A worker holds the lease. */
  RUNNING,
  /** A transient fault; waits for its next attempt. */
  RETRYING,
  /** All objects are published; a worker still gives to the swarm. */
  SEEDING,
  /** Rests by order. */
  PAUSED,
  /** All objects and the manifest are there. */
  COMPLETED,
  /** Given up after a permanent fault, or too many transient ones. */
  FAILED,
  /** Given up by order; what it has in the store is being cleared away, under a lease. */
  CANCELLING,
  /** Given up by order; nothing of it is left open. */
  CANCELLED;

  /** States that may follow this one. */
  public Set<JobState> next() {
    return switch (this) {
      // To FAILED from where nobody works: its deadline is over.
      case QUEUED -> EnumSet.of(RUNNING, PAUSED, FAILED, CANCELLING);
      // To itself: another worker takes over a job whose lease has expired.
      case RUNNING ->
          EnumSet.of(RUNNING, QUEUED, RETRYING, SEEDING, PAUSED, COMPLETED, FAILED, CANCELLING);
      case RETRYING -> EnumSet.of(QUEUED, PAUSED, FAILED, CANCELLING);
      case SEEDING -> EnumSet.of(COMPLETED);
      case PAUSED -> EnumSet.of(QUEUED, FAILED, CANCELLING);
      // Only a new submission or an order wakes a failed job.
      case FAILED -> EnumSet.of(QUEUED, CANCELLING);
      // To itself: a worker takes it up, or puts it off because the store is away.
      case CANCELLING -> EnumSet.of(CANCELLING, CANCELLED);
      case CANCELLED -> EnumSet.of(QUEUED);
      case COMPLETED -> EnumSet.noneOf(JobState.class);
    };
  }

  /** Whether a worker holds a lease in this state; for {@link #CANCELLING}, unless it waits. */
  public boolean leased() {
    return this == RUNNING || this == SEEDING || this == CANCELLING;
  }

  /** As it stands in replies. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Checks a change.
   *
   * @return {@code to}
   * @throws IllegalStateException if there is no such way: a defect of the caller
   */
  public JobState to(JobState to) {
    if (!next().contains(to)) {
      throw new IllegalStateException("a job cannot go from " + this + " to " + to);
    }
    return to;
  }
}
