package dev.piecework.worker.outbox;

import dev.piecework.worker.broker.OutgoingMessage;
import dev.piecework.worker.broker.PublishException;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.database.SqlFaults;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Publishes the outbox. One worker at a time does, under a lease of a few seconds, so that the
 * order is kept; an entry is marked only after the broker has confirmed it, so that a worker that
 * dies in between leaves it to be published once more.
 *
 * <p>Nothing in the database is locked while the broker is waited for, and the lease is taken only
 * when there is something to publish and a connection to publish it by. A broker that does not
 * confirm costs the fleet one short lease: then this worker rests, others have their turn, and it
 * waits twice as long the next time, so that a broker that is slow for all is waited for.
 */
public final class OutboxRelay {
  private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);
  private static final int ENTRIES_AT_ONCE = 200;
  private static final long CHARACTERS_AT_ONCE = 8 << 20;

  /** How long confirms are waited for, at first and after failures. */
  private static final Duration FIRST_PATIENCE = Duration.ofSeconds(4);

  private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(32);

  /** Of a lease, beside waiting for confirms: reading and marking. */
  private static final Duration SPARE = Duration.ofSeconds(2);

  private final Outbox outbox;
  private final TransactionTemplate transactions;
  private final Publisher publisher;
  private final LongSupplier nanoClock;
  private final String name = UUID.randomUUID().toString();
  private long terms;
  private Duration patience = FIRST_PATIENCE;
  private OptionalLong restUntil = OptionalLong.empty();
  private boolean databaseFailed;
  private boolean brokerFailed;

  /** Over an outbox and a broker. */
  public OutboxRelay(Outbox outbox, TransactionTemplate transactions, Publisher publisher) {
    this(outbox, transactions, publisher, System::nanoTime);
  }

  /**
   * @param nanoClock monotonic, in nanoseconds
   */
  OutboxRelay(
      Outbox outbox,
      TransactionTemplate transactions,
      Publisher publisher,
      LongSupplier nanoClock) {
    this.outbox = outbox;
    this.transactions = transactions;
    this.publisher = publisher;
    this.nanoClock = nanoClock;
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

  /** Publishes a round. Called by one thread at a time. */
  public Round relay() {
    if (restUntil.isPresent() && nanoClock.getAsLong() - restUntil.getAsLong() < 0) {
      return Round.FAILED;
    }
    restUntil = OptionalLong.empty();
    try {
      Round round = publishPending();
      databaseFailed = false;
      return round;
    } catch (DataAccessException | TransactionException e) {
      if (!databaseFailed) {
        LOG.warn("outbox waits: the database cannot be used: {}", SqlFaults.cause(e));
      }
      databaseFailed = true;
      return Round.FAILED;
    }
  }

  private Round publishPending() {
    if (!outbox.anyPending()) {
      return Round.EMPTY;
    }
    try {
      // Before anything is taken: to connect may last.
      publisher.connect();
      brokerFailed = false;
    } catch (PublishException e) {
      if (!brokerFailed) {
        LOG.warn("outbox waits: {}", e.getMessage());
      }
      brokerFailed = true;
      return Round.FAILED;
    }
    String term = name + "/" + ++terms;
    if (!outbox.take(term, patience.plus(SPARE))) {
      return Round.BUSY;
    }
    boolean settled = false;
    try {
      Round round = publishUnder(term);
      settled = true;
      return round;
    } finally {
      if (!settled) {
        // The database failed, or worse: the lease runs out by itself.
        restUntil = OptionalLong.of(nanoClock.getAsLong() + SPARE.toNanos());
      }
    }
  }

  private Round publishUnder(String term) {
    Outbox.Batch batch = outbox.pending(ENTRIES_AT_ONCE, CHARACTERS_AT_ONCE);
    List<Outbox.Pending> pending = batch.entries();
    if (pending.isEmpty()) {
      outbox.giveBack(term);
      return Round.EMPTY;
    }
    BitSet taken;
    try {
      taken = publisher.publish(pending.stream().map(OutboxRelay::message).toList(), patience);
    } catch (PublishException e) {
      outbox.giveBack(term);
      LOG.warn("outbox waits, {} or more entries: {}", pending.size(), e.getMessage());
      restUntil = OptionalLong.of(nanoClock.getAsLong() + patience.toNanos());
      Duration longer = patience.multipliedBy(2);
      patience = longer.compareTo(LONGEST_PATIENCE) < 0 ? longer : LONGEST_PATIENCE;
      return Round.FAILED;
    }
    patience = FIRST_PATIENCE;
    if (!marked(term, inOrder(pending, taken))) {
      LOG.info("outbox: another worker publishes, because this one took too long");
      return Round.BUSY;
    }
    if (taken.cardinality() < pending.size()) {
      LOG.warn(
          "the broker refused {} of {} messages; they are tried again",
          pending.size() - taken.cardinality(),
          pending.size());
      return Round.FAILED;
    }
    return batch.more() ? Round.MORE : Round.DONE;
  }

  /** Only who still has the lease marks: another may be publishing the same entries. */
  private boolean marked(String term, List<Outbox.Pending> published) {
    return Boolean.TRUE.equals(
        transactions.execute(status -> {
          if (!outbox.giveBack(term)) {
            return false;
          }
          outbox.published(published);
          return true;
        }));
  }

  /** What was taken, but nothing of a job behind the first that was not. */
  private static List<Outbox.Pending> inOrder(List<Outbox.Pending> pending, BitSet taken) {
    List<Outbox.Pending> published = new ArrayList<>();
    Set<String> stuck = new HashSet<>();
    for (int i = 0; i < pending.size(); i++) {
      Outbox.Pending entry = pending.get(i);
      if (!taken.get(i)) {
        stuck.add(entry.entry().jobId());
      } else if (!stuck.contains(entry.entry().jobId())) {
        published.add(entry);
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
