package dev.piecework.worker.outbox;

import dev.piecework.message.TraceParent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The outbox table. What is written here in the transaction that changes a job is published later,
 * at least once and in order; so an event says only what is already durable.
 */
public final class Outbox {
  private static final String COLUMNS =
      """
      o.seq, o.message_id, o.job_id, o.epoch, o.type, o.discriminator, o.exchange, o.routing_key, \
      o.priority, o.content_type, o.headers, o.mandatory, COALESCE(o.body, j.message) AS body, \
      o.repeats, j.trace_parent
      """;

  private final JdbcClient jdbc;

  /** Over the outbox table. */
  public Outbox(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * An entry as it is published, with its body.
   *
   * @param repeats how often it was asked for again
   */
  public record Pending(long seq, OutboxEntry entry, String body, int repeats) {}

  /**
   * Writes an entry in the caller's transaction, which holds the job's row lock. Does nothing if
   * the same (job, epoch, type, discriminator) has been written before.
   */
  public void add(OutboxEntry entry, Instant now) {
    jdbc.sql(
            """
            INSERT INTO piecework_outbox(message_id, job_id, epoch, type, discriminator, exchange,
              routing_key, priority, content_type, headers, mandatory, body, created_at, published)
            SELECT CAST(:message AS VARCHAR(100)), CAST(:job AS VARCHAR(100)),
              CAST(:epoch AS BIGINT), CAST(:type AS VARCHAR(32)),
              CAST(:discriminator AS VARCHAR(100)), CAST(:exchange AS VARCHAR(255)),
              CAST(:key AS VARCHAR(255)), CAST(:priority AS INT),
              CAST(:contentType AS VARCHAR(100)), CAST(:headers AS TEXT),
              CAST(:mandatory AS BOOLEAN), CAST(:body AS TEXT),
              CAST(:now AS TIMESTAMP WITH TIME ZONE), FALSE
            WHERE NOT EXISTS (SELECT 1 FROM piecework_outbox o WHERE o.job_id = :job
              AND o.epoch = :epoch AND o.type = :type AND o.discriminator = :discriminator)
            """)
        .param("message", entry.messageId())
        .param("job", entry.jobId())
        .param("epoch", entry.epoch())
        .param("type", entry.type())
        .param("discriminator", entry.discriminator())
        .param("exchange", entry.exchange())
        .param("key", entry.routingKey())
        .param("priority", entry.priority())
        .param("contentType", entry.contentType())
        .param("headers", TextMap.write(entry.headers()))
        .param("mandatory", entry.mandatory())
        .param("body", entry.body().orElse(null), java.sql.Types.VARCHAR)
        .param("now", now.atOffset(ZoneOffset.UTC))
        .update();
  }

  /**
   * Takes the right to publish, for a while by the database's clock. Holds no lock.
   *
   * @param term names this holder and this time; never used twice
   * @return false if another worker has it
   */
  public boolean take(String term, Duration atMost) {
    return jdbc.sql(
                """
                UPDATE piecework_relay SET lease_owner = :term,
                  lease_until = CURRENT_TIMESTAMP + INTERVAL '%d' SECOND
                WHERE id = 1 AND (lease_owner = '' OR lease_until <= CURRENT_TIMESTAMP)
                """
                    .formatted(Math.max(1, atMost.toSeconds())))
            .param("term", term)
            .update()
        == 1;
  }

  /**
   * Gives the right to publish back; locks its row until the transaction at hand ends.
   *
   * @return false if it had run out and another worker has taken it
   */
  public boolean giveBack(String term) {
    return jdbc.sql(
                "UPDATE piecework_relay SET lease_owner = '' WHERE id = 1 AND lease_owner = :term")
            .param("term", term)
            .update()
        == 1;
  }

  /** Whether anything at all waits to be published. */
  public boolean anyPending() {
    return jdbc.sql(
            """
            SELECT seq FROM piecework_outbox WHERE published = FALSE
            ORDER BY seq FETCH FIRST 1 ROWS ONLY
            """)
        .query(Long.class)
        .optional()
        .isPresent();
  }

  /**
   * What is to be published next.
   *
   * @param entries oldest first
   * @param more whether others wait behind them
   */
  public record Batch(List<Pending> entries, boolean more) {}

  /**
   * What has not been published, oldest first.
   *
   * @param atMost entries
   * @param atMostCharacters of all bodies together, though always one entry: an inline torrent may
   *     have megabytes
   */
  public Batch pending(int atMost, long atMostCharacters) {
    // One more than are wanted tells whether there are more.
    long[] found = {0};
    List<Pending> entries =
        jdbc.sql(
                """
                SELECT * FROM (
                  SELECT %s,
                    ROW_NUMBER() OVER (ORDER BY o.seq) AS place,
                    COUNT(*) OVER () AS found,
                    SUM(LENGTH(COALESCE(o.body, j.message))) OVER (ORDER BY o.seq) AS characters
                  FROM (SELECT * FROM piecework_outbox WHERE published = FALSE
                    ORDER BY seq FETCH FIRST %d ROWS ONLY) o
                  JOIN piecework_job j ON j.id = o.job_id) p
                WHERE p.place = 1 OR (p.place <= %d AND p.characters <= :characters)
                ORDER BY p.seq
                """
                    .formatted(COLUMNS, atMost + 1, atMost))
            .param("characters", atMostCharacters)
            .query((row, number) -> {
              found[0] = row.getLong("found");
              return pending(row);
            })
            .list();
    return new Batch(entries, found[0] > entries.size());
  }

  /** Whether a continuation of a job has this message id. */
  boolean hasContinuation(String jobId, String messageId) {
    return jdbc.sql(
                """
                SELECT COUNT(*) FROM piecework_outbox
                WHERE job_id = :job AND type = 'continuation' AND message_id = :message
                """)
            .param("job", jobId)
            .param("message", messageId)
            .query(Long.class)
            .single()
        > 0;
  }

  /** Whether anything of a job waits to be published. */
  public boolean anyPending(String jobId) {
    return jdbc.sql(
                "SELECT COUNT(*) FROM piecework_outbox WHERE job_id = :job AND published = FALSE")
            .param("job", jobId)
            .query(Long.class)
            .single()
        > 0;
  }

  /** Says that entries have been published, but for those that were asked for again since. */
  public void published(Collection<Pending> entries) {
    Map<Integer, List<Long>> seqs =
        entries.stream()
            .collect(
                Collectors.groupingBy(
                    Pending::repeats, Collectors.mapping(Pending::seq, Collectors.toList())));
    seqs.forEach((repeats, of) ->
        jdbc.sql(
                """
                UPDATE piecework_outbox SET published = TRUE, published_at = CURRENT_TIMESTAMP
                WHERE seq IN (:seqs) AND repeats = :repeats
                """)
            .param("seqs", of)
            .param("repeats", repeats)
            .update());
  }

  /**
   * Has the last entry of a type published once more, with the same message id, even if somebody is
   * about to say that it has been published.
   *
   * @return its number, empty if there is none
   */
  public OptionalLong again(String jobId, String type) {
    Optional<Long> seq =
        jdbc.sql(
                """
                SELECT MAX(seq) FROM piecework_outbox WHERE job_id = :job AND type = :type
                """)
            .param("job", jobId)
            .param("type", type)
            .query(Long.class)
            .optional();
    seq.ifPresent(number ->
        jdbc.sql(
                """
                UPDATE piecework_outbox SET published = FALSE, repeats = repeats + 1
                WHERE seq = :seq
                """)
            .param("seq", number)
            .update());
    return seq.map(OptionalLong::of).orElseGet(OptionalLong::empty);
  }

  /** Deletes what was published long ago, but for the types given. */
  public int purge(Duration olderThan, Collection<String> typesKept) {
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    return jdbc.sql(
            """
            DELETE FROM piecework_outbox
            WHERE published = TRUE AND published_at < :before AND type NOT IN (:kept)
            """)
        .param("before", now.minus(olderThan))
        .param("kept", typesKept)
        .update();
  }

  /** Its own, and the job's trace: what is published about a job belongs to it. */
  private static Map<String, String> headers(ResultSet row) throws SQLException {
    Map<String, String> headers = new TreeMap<>(TextMap.read(row.getString("headers")));
    String trace = row.getString("trace_parent");
    if (!trace.isEmpty()) {
      headers.put(TraceParent.HEADER, trace);
    }
    return headers;
  }

  private static Pending pending(ResultSet row) throws SQLException {
    return new Pending(
        row.getLong("seq"),
        new OutboxEntry(
            row.getString("message_id"),
            row.getString("job_id"),
            row.getLong("epoch"),
            row.getString("type"),
            row.getString("discriminator"),
            row.getString("exchange"),
            row.getString("routing_key"),
            row.getInt("priority"),
            row.getString("content_type"),
            headers(row),
            row.getBoolean("mandatory"),
            Optional.empty()),
        row.getString("body"),
        row.getInt("repeats"));
  }
}
