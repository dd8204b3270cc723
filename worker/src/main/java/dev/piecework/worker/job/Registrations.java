package dev.piecework.worker.job;

import dev.piecework.worker.outbox.Outbox;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Writes down jobs whose messages are still on the queue, so that they can be seen and ordered
 * about however long the queue is, and so that the most urgent is claimed first.
 */
public final class Registrations {
  /** One about the job's row, one about the note of its submission. */
  private static final int MAX_CONFLICTS = 2;

  private final TransactionTemplate transactions;
  private final NewJobs newJobs;
  private final RegisteredSubmissions submissions;
  private final Transitions transitions;
  private final TakenIds takenIds;

  /**
   * @param worker this worker's identity
   * @param shares by which jobs take turns
   */
  public Registrations(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      String worker,
      FairShares shares) {
    this.transactions = transactions;
    JobEntries entries = new JobEntries(worker);
    this.transitions = new Transitions(jdbc, worker);
    this.newJobs = new NewJobs(jdbc, transitions, outbox, entries, shares);
    this.takenIds = new TakenIds(jdbc, transitions, outbox, entries);
    this.submissions = new RegisteredSubmissions(jdbc);
  }

  /**
   * Writes the job down if it is not there, and in any case that it was submitted so. A job that is
   * there is left as it is: its message may have been taken before, and the job may even have
   * ended. What Piecework put on the queue itself, and what has no message id by which it could be
   * known again, is not registered.
   *
   * @return whether the job is new
   * @throws IdTakenException if the job that is there is another one; its event is written
   */
  public boolean register(Submission submission) {
    if (submission.continuation() || submission.messageId().isEmpty()) {
      return false;
    }
    for (int conflicts = 0; ; conflicts++) {
      try {
        return write(submission);
      } catch (DuplicateKeyException e) {
        // Another worker has just written the same: now it is there.
        if (conflicts == MAX_CONFLICTS) {
          throw e;
        }
      } catch (IdTakenException e) {
        transactions.executeWithoutResult(status -> takenIds.tell(submission, e));
        throw e;
      }
    }
  }

  private boolean write(Submission submission) {
    Boolean isNew =
        transactions.execute(status -> {
          boolean written = newJobs.write(submission);
          if (!written) {
            transitions
                .lock(submission.job().id())
                .ifPresent(row -> takenIds.check(row, submission));
          }
          submissions.note(submission.job().id(), submission.messageId());
          return written;
        });
    return Boolean.TRUE.equals(isNew);
  }
}
