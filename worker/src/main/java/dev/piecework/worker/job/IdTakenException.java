package dev.piecework.worker.job;

import dev.piecework.worker.fault.Fault;

/** A submission has the id of another job: it is refused, and nothing of that job is changed. */
public final class IdTakenException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Fault fault;

  IdTakenException(Fault fault) {
    super(fault.message());
    this.fault = fault;
  }

  /** Why, for the dead letter and the event. */
  public Fault fault() {
    return fault;
  }
}
