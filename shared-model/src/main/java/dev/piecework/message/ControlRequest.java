package dev.piecework.message;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Something asked of the fleet: a question, or an order about one job. Any worker answers; the job
 * may be at another. {@link GetLimits} alone is asked of every worker.
 */
public sealed interface ControlRequest {
  /** The version of the form that this code writes. */
  int VERSION = 1;

  /** Whether it changes something, so that it needs more rights than a question. */
  default boolean isOrder() {
    return switch (this) {
      case Pause _, Resume _, Cancel _, Retry _, Prioritize _ -> true;
      case GetJob _, ListJobs _, GetLimits _ -> false;
    };
  }

  /** A request about one job. */
  sealed interface OfJob extends ControlRequest {
    /** The job's id. */
    String job();
  }

  /**
   * Has a job rest, with what it has done kept: no worker runs it until it is resumed.
   *
   * @param job the job's id
   * @param reason why, for people; may be empty
   */
  record Pause(String job, String reason) implements OfJob {}

  /**
   * Has a paused job go on.
   *
   * @param job the job's id
   */
  record Resume(String job) implements OfJob {}

  /**
   * Gives a job up: its open uploads are aborted, its checkpoint is forgotten.
   *
   * @param job the job's id
   * @param deleteObjects whether objects that it has finished are deleted too
   * @param reason why, for people; may be empty
   */
  record Cancel(String job, boolean deleteObjects, String reason) implements OfJob {}

  /**
   * Has a failed or cancelled job start a new series of attempts, or one that waits for its next
   * attempt have it now.
   *
   * @param job the job's id
   */
  record Retry(String job) implements OfJob {}

  /**
   * Has a job that waits for a worker, or will wait again, come earlier or later than others.
   *
   * @param job the job's id
   * @param priority 0 to {@link JobRules#MAX_PRIORITY}, the highest first
   */
  record Prioritize(String job, int priority) implements OfJob {}

  /**
   * Asks how a job stands, and how it came to that.
   *
   * @param job the job's id
   */
  record GetJob(String job) implements OfJob {}

  /** Asks a worker what it may use at most, and what of it is in use. */
  record GetLimits() implements ControlRequest {}

  /**
   * Asks for jobs, oldest first.
   *
   * @param states only these; all when empty
   * @param labels only jobs that have all of these
   * @param limit most jobs in the answer, 1 to {@link #MAX_LIMIT}
   * @param after only jobs that come after this one: the last of the page before
   */
  record ListJobs(
      List<String> states, Map<String, String> labels, int limit, Optional<String> after)
      implements ControlRequest {
    /** Jobs in one answer when nothing is said. */
    public static final int DEFAULT_LIMIT = 100;

    /** Most jobs in one answer. */
    public static final int MAX_LIMIT = 1000;

    /** Most states named. */
    public static final int MAX_STATES = 20;

    /** Copies the collections. */
    public ListJobs {
      states = List.copyOf(states);
      labels = Map.copyOf(labels);
    }
  }
}
