package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.worker.outbox.Outbox;
import java.time.Duration;
import java.util.Optional;

/**
 * Where orders lead: to rest, or to the clearing away that ends in a cancelled job. Everything that
 * takes a job out of a worker's hands passes here, in the transaction that has its row locked; so
 * an order that is written down is obeyed whatever becomes of its worker.
 */
final class OrderedEnds {
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;

  OrderedEnds(Transitions transitions, Outbox outbox, JobEntries entries) {
    this.transitions = transitions;
    this.outbox = outbox;
    this.entries = entries;
  }

  /**
   * Does what the row is ordered to.
   *
   * @param circumstance what else the history should say; may be empty
   * @return the row as it is now; empty if it has no order
   */
  Optional<JobRow> obey(JobRow row, String circumstance) {
    return switch (row.order()) {
      case NONE -> Optional.empty();
      case PAUSE -> Optional.of(pause(row, row.orderAuthor(), row.orderReason(), circumstance));
      case CANCEL -> Optional.of(cancel(row, row.orderAuthor(), row.orderReason(), circumstance));
    };
  }

  JobRow pause(JobRow row, String author, String reason, String circumstance) {
    JobRow after = row.paused();
    transitions.change(row, after, text(reason, circumstance), author);
    outbox.add(entries.entry(after, EventType.PAUSED, "", new EventData.None()), row.now());
    return after;
  }

  /** The event follows when everything is cleared away. */
  JobRow cancel(JobRow row, String author, String reason, String circumstance) {
    JobRow after = row.cancelling(Duration.ZERO);
    transitions.change(row, after, text(reason, circumstance), author);
    return after;
  }

  /** How an obeyed order stands in the history. */
  static String text(String reason, String circumstance) {
    return "by order"
        + (reason.isEmpty() ? "" : ": " + reason)
        + (circumstance.isEmpty() ? "" : "; " + circumstance);
  }
}
