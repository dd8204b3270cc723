package dev.piecework.worker.job;

import java.util.EnumSet;
import java.util.Set;

/**
 * The states of a job and the ways between them; docs/state-machine.md draws them. Only {@link
 * JobLedger} changes a job's state.
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
  /** Given up by order. */
  CANCELLED;

  /** States that may follow this one. */
  public Set<JobState> next() {
    return switch (this) {
      case QUEUED -> EnumSet.of(RUNNING, PAUSED, CANCELLED);
      // To itself: another worker takes over a job whose lease has expired.
      case RUNNING ->
          EnumSet.of(RUNNING, QUEUED, RETRYING, SEEDING, PAUSED, COMPLETED, FAILED, CANCELLED);
      case RETRYING -> EnumSet.of(QUEUED, PAUSED, CANCELLED);
      case SEEDING -> EnumSet.of(COMPLETED);
      case PAUSED -> EnumSet.of(QUEUED, CANCELLED);
      // Only a new submission wakes a failed job.
      case FAILED -> EnumSet.of(QUEUED);
      case COMPLETED, CANCELLED -> EnumSet.noneOf(JobState.class);
    };
  }

  /** Whether a worker holds a lease in this state. */
  public boolean leased() {
    return this == RUNNING || this == SEEDING;
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
