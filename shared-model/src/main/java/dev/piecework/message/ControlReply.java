package dev.piecework.message;

import java.util.List;

/** A worker's answer to a {@link ControlRequest}. */
public sealed interface ControlReply {
  /** The version of the form that this code writes. */
  int VERSION = 1;

  /** Most transitions in one answer: the latest. */
  int MAX_TRANSITIONS = 200;

  /**
   * An order was taken.
   *
   * @param job as it stands now
   * @param inEffect false if the order is written down, but the job's worker has not obeyed yet: it
   *     will, or whoever takes the job over will
   */
  record Ordered(JobStatus job, boolean inEffect) implements ControlReply {}

  /**
   * One job in full.
   *
   * @param job as it stands now
   * @param transitions its changes of state, oldest first; the last {@link #MAX_TRANSITIONS}
   */
  record Details(JobStatus job, List<JobTransition> transitions) implements ControlReply {
    /** Copies the list. */
    public Details {
      transitions = List.copyOf(transitions);
    }
  }

  /**
   * Some jobs.
   *
   * @param jobs oldest first
   * @param more whether there are more after these
   */
  record Page(List<JobStatus> jobs, boolean more) implements ControlReply {
    /** Copies the list. */
    public Page {
      jobs = List.copyOf(jobs);
    }
  }

  /**
   * What the worker that answers may use at most, and what of it is in use.
   *
   * @param worker its id
   * @param host the name of the host it is on
   * @param workerVersion of the worker's program
   * @param limits in the order in which people should see them
   */
  record Limits(String worker, String host, String workerVersion, List<WorkerLimit> limits)
      implements ControlReply {
    /** Copies the list. */
    public Limits {
      limits = List.copyOf(limits);
    }
  }

  /**
   * Nothing was done.
   *
   * @param code why, for programs
   * @param message what was wrong, what was expected, what to do
   */
  record Refused(Code code, String message) implements ControlReply {}

  /** Why a request was refused. Names are part of the message contract: add, never rename. */
  enum Code {
    /** There is no such job. */
    NOT_FOUND,
    /** The job's state does not allow it. */
    CONFLICT,
    /** The request breaks a rule of its form. */
    INVALID,
    /** The request has a version, or is of a kind, that this worker does not know. */
    UNSUPPORTED,
    /** The worker cannot say now: its database does not answer. */
    UNAVAILABLE,
    /** A code that came later than this reader. */
    OTHER
  }
}
