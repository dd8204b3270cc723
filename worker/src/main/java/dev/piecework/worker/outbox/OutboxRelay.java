package dev.piecework.worker.outbox;

import dev.piecework.worker.broker.OutgoingMessage;
import dev.piecework.worker.broker.PublishException;
import dev.piecework.worker.broker.Publisher;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Publishes the outbox. One worker at a time does, under a row lock, so that the order is kept; an
 * entry is marked only after the broker has confirmed it, so that a worker that dies in between
 * leaves it to be published once more.
 */
public final class OutboxRelay {
  private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);
  private static final int ENTRIES_AT_ONCE = 200;
  private static final long CHARACTERS_AT_ONCE = 8 << 20;

  private final Outbox outbox;
  private final TransactionTemplate transactions;
  private final Publisher publisher;

  /** Over an outbox and a broker. */
  public OutboxRelay(Outbox outbox, TransactionTemplate transactions, Publisher publisher) {
    this.outbox = outbox;
    this.transactions = transactions;
    this.publisher = publisher;
  }

  /** What a round came to. */
  public enum Round {
    /** Nothing was left. */
    EMPTY,
    /** All that was found was published. */
    DONE,
    /** Something was published; more is there. */
    MORE,
    /** Another worker is publishing. */
    BUSY,
    /** The broker or the database did not do their part; try again later. */
    FAILED
  }

  /** Publishes a round. */
  public Round relay() {
    try {
      Round round = transactions.execute(status -> publishPending());
      return round == null ? Round.FAILED : round;
    } catch (DataAccessException | TransactionException e) {
      LOG.warn("outbox waits: the database cannot be used: {}", String.valueOf(e.getMessage()));
      return Round.FAILED;
    }
  }

  private Round publishPending() {
    if (!outbox.lock()) {
      return Round.BUSY;
    }
    Outbox.Batch batch = outbox.pending(ENTRIES_AT_ONCE, CHARACTERS_AT_ONCE);
    List<Outbox.Pending> pending = batch.entries();
    if (pending.isEmpty()) {
      return Round.EMPTY;
    }
    BitSet taken;
    try {
      taken = publisher.publish(pending.stream().map(OutboxRelay::message).toList());
    } catch (PublishException e) {
      LOG.warn("outbox waits, {} or more entries: {}", pending.size(), e.getMessage());
      return Round.FAILED;
    }
    outbox.published(inOrder(pending, taken));
    if (taken.cardinality() < pending.size()) {
      LOG.warn(
          "the broker refused {} of {} messages; they are tried again",
          pending.size() - taken.cardinality(),
          pending.size());
      return Round.FAILED;
    }
    return batch.more() ? Round.MORE : Round.DONE;
  }

  /** What was taken, but nothing of a job behind the first that was not. */
  private static List<Long> inOrder(List<Outbox.Pending> pending, BitSet taken) {
    List<Long> published = new ArrayList<>();
    Set<String> stuck = new HashSet<>();
    for (int i = 0; i < pending.size(); i++) {
      Outbox.Pending entry = pending.get(i);
      if (!taken.get(i)) {
        stuck.add(entry.entry().jobId());
      } else if (!stuck.contains(entry.entry().jobId())) {
        published.add(entry.seq());
      }
    }
    return published;
  }

  private static OutgoingMessage message(Outbox.Pending pending) {
    OutboxEntry entry = pending.entry();
    return new OutgoingMessage(
        entry.messageId(),
        entry.exchange(),
        entry.routingKey(),
        entry.priority(),
        entry.contentType(),
        Map.copyOf(entry.headers()),
        entry.mandatory(),
        pending.body().getBytes(StandardCharsets.UTF_8));
  }
}
