package dev.piecework.worker.lease;

/** Somebody else has the job: stop at once, write nothing more, leave everything as it is. */
public final class LeaseLostException extends RuntimeException {
  /** Names the lease that no longer holds. */
  public LeaseLostException(Lease lease) {
    super(
        "the lease on job %s (epoch %d) is no longer held by %s"
            .formatted(lease.jobId(), lease.epoch(), lease.owner()));
  }
}
