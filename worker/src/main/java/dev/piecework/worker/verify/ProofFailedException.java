package dev.piecework.worker.verify;

import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.transfer.TransferException;

/** An object is not what was sent. */
public final class ProofFailedException extends TransferException {
  private static final long serialVersionUID = 1;

  private final int object;
  private final String found;

  /**
   * @param object index in the layout
   * @param found what is there and what was expected, in one sentence
   */
  ProofFailedException(int object, String found) {
    super(new Fault(Fault.Kind.VERIFY_FAILED, found + "; the next attempt sends it again"));
    this.object = object;
    this.found = found;
  }

  /** The object's index in the layout. */
  public int object() {
    return object;
  }

  /** What is there and what was expected. */
  public String found() {
    return found;
  }

  /**
   * The end of it: the object has failed its proof before.
   *
   * @param before what was found then
   */
  public TransferException again(String before) {
    return new TransferException(
        new Fault(
                Fault.Kind.VERIFY_FAILED,
                "%s, though it was sent twice; the time before it %s: the store does not keep what it is sent, or somebody else writes this key. Find out which, then retry the job"
                    .formatted(found, before.equals(found) ? "was the same" : "was: " + before))
            .asLasting(),
        this);
  }
}
