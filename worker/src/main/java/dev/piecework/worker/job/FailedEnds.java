package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.outbox.Outbox;

/** Where a job ends that cannot be done: failed, with its event and its dead letter. */
final class FailedEnds {
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;

  FailedEnds(Transitions transitions, Outbox outbox, JobEntries entries) {
    this.transitions = transitions;
    this.outbox = outbox;
    this.entries = entries;
  }

  /**
   * Has a locked job fail.
   *
   * @param failures in a row, this one included
   * @return the row as it is now
   */
  JobRow fail(JobRow row, int failures, Fault fault) {
    JobRow after = row.ended(JobState.FAILED, failures);
    transitions.change(row, after, fault.kind() + ": " + fault.message());
    outbox.add(
        entries.entry(
            after,
            EventType.FAILED,
            "",
            new EventData.Failed(fault.kind().name(), fault.message())),
        row.now());
    outbox.add(entries.deadLetter(after, fault), row.now());
    return after;
  }

  /** Has a locked job fail whose deadline is over. */
  JobRow failOverdue(JobRow row) {
    return fail(row, row.failures(), row.overdueFault());
  }
}
