package dev.piecework.worker.fault;

import dev.piecework.text.ForeignText;

/**
 * Why a job could not go on.
 *
 * @param kind what went wrong; decides whether it is tried again
 * @param message what was wrong, where, what was expected and what to do; no secrets. It may quote
 *     what came from outside, so it is made one clean line here ({@link ForeignText}), of at most
 *     {@link #MAX_MESSAGE} code points
 * @param blameless whether it would have met every job of this worker: the job is handed back, and
 *     the attempt does not count
 * @param lasting whether it is final though others of its kind are not
 */
public record Fault(Kind kind, String message, boolean blameless, boolean lasting) {
  /** Longest message: one that names five trackers fits. */
  public static final int MAX_MESSAGE = 2000;

  /** Cleans the message. */
  public Fault {
    message = ForeignText.line(message, MAX_MESSAGE);
  }

  /** A fault that is final if those of its kind are. */
  public Fault(Kind kind, String message, boolean blameless) {
    this(kind, message, blameless, false);
  }

  /** A fault that the job answers for. */
  public Fault(Kind kind, String message) {
    this(kind, message, false);
  }

  /** Whether another attempt may succeed without anybody changing anything. */
  public boolean isTransient() {
    return kind.isTransient && !lasting;
  }

  /** The same, but another attempt would come to the same. */
  public Fault asLasting() {
    return new Fault(kind, message, blameless, true);
  }

  /** Kinds of fault; names are part of the message contract. */
  public enum Kind {
    /** The message is not a job. */
    INVALID_MESSAGE(false),
    /** The message's id is that of another job: only messages, no job, end so. */
    ID_TAKEN(false),
    /** The metainfo is malformed or refused. */
    INVALID_METAINFO(false),
    /** The source does not exist (404, no such key) or may not be fetched (address policy). */
    SOURCE_REFUSED(false),
    /** The source could not be fetched just now. */
    SOURCE_UNAVAILABLE(true),
    /** A kind of source that this version does not have. */
    SOURCE_UNSUPPORTED(false),
    /** The bucket does not exist, or access is denied. */
    DESTINATION_REFUSED(false),
    /** With {@code onExisting} {@code fail}: an object is in the place of one of the job's. */
    OBJECT_EXISTS(false),
    /** The object store did not answer, or answered 5xx. */
    STORE_UNAVAILABLE(true),
    /** Objects were not what was uploaded. */
    VERIFY_FAILED(true),
    /** A limit was exceeded. */
    LIMIT_EXCEEDED(false),
    /** No verified byte for too long: no peers, or peers without what is missing. */
    STALLED(true),
    /** The job was not complete when its own deadline was over. */
    DEADLINE_EXCEEDED(false),
    /** The scratch folder failed: full, gone, or broken. */
    SCRATCH_FAILED(true),
    /** The database did not answer. */
    DATABASE_UNAVAILABLE(true),
    /** The database refused what the job had to write: another attempt would write the same. */
    DATABASE_REFUSED(false),
    /** The worker itself failed: a defect of ours. */
    INTERNAL(true);

    private final boolean isTransient;

    Kind(boolean isTransient) {
      this.isTransient = isTransient;
    }
  }
}
