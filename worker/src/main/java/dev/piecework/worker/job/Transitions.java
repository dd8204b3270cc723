package dev.piecework.worker.job;

import dev.piecework.net.LogContext;
import dev.piecework.worker.outbox.TextMap;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Reads job rows under lock and writes their changes: every change of a state passes {@link
 * #change}, which refuses impossible ones and writes the history.
 */
final class Transitions {
  private static final Logger LOG = LoggerFactory.getLogger(JobLedger.class);
  private static final int MAX_REASON = 4000;

  static final String COLUMNS =
      """
      id, submission, state, attempt, failures, progressed, epoch, lease_owner, lease_until, \
      due_at, requeues, priority, labels, ordered, order_reason, order_author, \
      delete_objects, created_at, queued_at, place_at, idle_since, deadline_at, \
      CURRENT_TIMESTAMP AS present
      """;

  private final JdbcClient jdbc;
  private final String worker;

  Transitions(JdbcClient jdbc, String worker) {
    this.jdbc = jdbc;
    this.worker = worker;
  }

  /** The row, locked until the transaction at hand ends. */
  Optional<JobRow> lock(String jobId) {
    return jdbc.sql("SELECT " + COLUMNS + " FROM piecework_job WHERE id = :id FOR UPDATE")
        .param("id", jobId)
        .query(Transitions::row)
        .optional();
  }

  /** The row, locked; empty if there is none or another transaction has it locked. */
  Optional<JobRow> lockUnlessBusy(String jobId) {
    return jdbc.sql(
            "SELECT " + COLUMNS + " FROM piecework_job WHERE id = :id FOR UPDATE SKIP LOCKED")
        .param("id", jobId)
        .query(Transitions::row)
        .optional();
  }

  /** The row as it stands. */
  Optional<JobRow> read(String jobId) {
    return jdbc.sql("SELECT " + COLUMNS + " FROM piecework_job WHERE id = :id")
        .param("id", jobId)
        .query(Transitions::row)
        .optional();
  }

  /**
   * Changes a locked row.
   *
   * @param before the row as {@link #lock} gave it
   * @param after what it becomes
   * @param reason why, for people; may be empty
   * @throws IllegalStateException if there is no such transition
   */
  void change(JobRow before, JobRow after, String reason) {
    change(before, after, reason, "");
  }

  /**
   * The same.
   *
   * @param author who submitted the job, or gave the order, that the change follows; empty if it
   *     follows none, or that is not known
   */
  void change(JobRow before, JobRow after, String reason, String author) {
    before.state().to(after.state());
    write(after, reason);
    history(before.state().name(), after, reason, author);
    context(after)
        .run(() ->
            LOG.info(
                "job {} {} -> {}{}",
                after.id(),
                before.state(),
                after.state(),
                reason.isEmpty() ? "" : ": " + reason));
  }

  /**
   * Writes an order for the holder of a locked row.
   *
   * @param what for the log
   */
  void order(JobRow after, String what) {
    jdbc.sql(
            """
            UPDATE piecework_job SET ordered = :ordered, order_reason = :reason,
              order_author = :author,
              delete_objects = :delete, updated_at = CURRENT_TIMESTAMP
            WHERE id = :id
            """)
        .param("ordered", after.order().column())
        .param("reason", after.orderReason())
        .param("author", after.orderAuthor())
        .param("delete", after.deleteObjects())
        .param("id", after.id())
        .update();
    context(after)
        .run(() -> LOG.info("job {} is {} and is told to {}", after.id(), after.state(), what));
  }

  /** Changes the priority of a locked row. */
  void prioritize(JobRow row, int priority) {
    jdbc.sql(
            """
            UPDATE piecework_job SET priority = :priority, updated_at = CURRENT_TIMESTAMP
            WHERE id = :id
            """)
        .param("priority", priority)
        .param("id", row.id())
        .update();
    context(row)
        .run(() ->
            LOG.info("job {}: priority {} -> {} by order", row.id(), row.priority(), priority));
  }

  /** Writes what changed beside the state. */
  void write(JobRow after, String reason) {
    jdbc.sql(
            """
            UPDATE piecework_job SET state = :state, reason = :reason, attempt = :attempt,
              failures = :failures, progressed = :progressed, epoch = :epoch,
              lease_owner = :owner, lease_until = :until, due_at = :due, requeues = :requeues,
              ordered = :ordered, order_reason = :orderReason, order_author = :orderAuthor,
              delete_objects = :delete,
              queued_at = :queued, place_at = :place, idle_since = :idle,
              updated_at = CURRENT_TIMESTAMP
            WHERE id = :id
            """)
        .param("state", after.state().name())
        .param("reason", cut(reason))
        .param("attempt", after.attempt())
        .param("failures", after.failures())
        .param("progressed", after.progressed())
        .param("epoch", after.epoch())
        .param("owner", after.leaseOwner())
        .param("until", time(after.leaseUntil()), Types.TIMESTAMP_WITH_TIMEZONE)
        .param("due", time(after.dueAt()), Types.TIMESTAMP_WITH_TIMEZONE)
        .param("requeues", after.requeues())
        .param("ordered", after.order().column())
        .param("orderReason", after.orderReason())
        .param("orderAuthor", after.orderAuthor())
        .param("delete", after.deleteObjects())
        .param("queued", after.queuedAt().atOffset(ZoneOffset.UTC))
        .param("place", after.placeAt().atOffset(ZoneOffset.UTC))
        .param("idle", time(after.idleSince()), Types.TIMESTAMP_WITH_TIMEZONE)
        .param("id", after.id())
        .update();
  }

  /** Has a job's time begin now, if it has a deadline. */
  void startDeadline(JobRow row, Optional<Duration> deadline) {
    jdbc.sql("UPDATE piecework_job SET deadline_at = :at WHERE id = :id")
        .param("at", time(deadline.map(row.now()::plus)), Types.TIMESTAMP_WITH_TIMEZONE)
        .param("id", row.id())
        .update();
  }

  /** Writes a line of history. */
  void history(String from, JobRow after, String reason, String author) {
    jdbc.sql(
            """
            INSERT INTO piecework_job_transition(job_id, at, from_state, to_state, reason, attempt,
              epoch, worker, author)
            VALUES (:job, CURRENT_TIMESTAMP, :from, :to, :reason, :attempt, :epoch, :worker,
              :author)
            """)
        .param("job", after.id())
        .param("from", from)
        .param("to", after.state().name())
        .param("reason", cut(reason))
        .param("attempt", after.attempt())
        .param("epoch", after.epoch())
        .param("worker", worker)
        .param("author", author)
        .update();
  }

  /** Whoever changes a job logs with its figures, be it the job's own thread or not. */
  private static LogContext context(JobRow row) {
    return LogContext.of(
        Map.of(
            "job", row.id(),
            "attempt", Integer.toString(row.attempt()),
            "epoch", Long.toString(row.epoch())));
  }

  private static String cut(String reason) {
    return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON);
  }

  private static @Nullable OffsetDateTime time(Optional<Instant> instant) {
    return instant.map(present -> present.atOffset(ZoneOffset.UTC)).orElse(null);
  }

  static JobRow row(ResultSet row, int number) throws SQLException {
    return new JobRow(
        row.getString("id"),
        row.getString("submission"),
        JobState.valueOf(row.getString("state")),
        row.getInt("attempt"),
        row.getInt("failures"),
        row.getBoolean("progressed"),
        row.getLong("epoch"),
        row.getString("lease_owner"),
        instant(row, "lease_until"),
        instant(row, "due_at"),
        row.getInt("requeues"),
        row.getInt("priority"),
        TextMap.read(row.getString("labels")),
        Order.ofColumn(row.getString("ordered")),
        row.getString("order_reason"),
        row.getString("order_author"),
        row.getBoolean("delete_objects"),
        instant(row, "created_at").orElseThrow(),
        instant(row, "queued_at").orElseThrow(),
        instant(row, "place_at").orElseThrow(),
        instant(row, "idle_since"),
        instant(row, "deadline_at"),
        instant(row, "present").orElseThrow());
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }
}
