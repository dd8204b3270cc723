package dev.piecework.worker.transfer;

import dev.piecework.worker.fault.Fault;

/** A transfer cannot go on. */
public class TransferException extends Exception {
  private final Fault fault;

  /** A fault without another exception behind it. */
  public TransferException(Fault fault) {
    super(fault.message());
    this.fault = fault;
  }

  /** Wraps a fault with its cause. */
  public TransferException(Fault fault, Throwable cause) {
    super(fault.message(), cause);
    this.fault = fault;
  }

  /** What went wrong, and whether trying again may help. */
  public Fault fault() {
    return fault;
  }
}
