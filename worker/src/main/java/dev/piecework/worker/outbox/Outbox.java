package dev.piecework.worker.outbox;

import dev.piecework.message.TraceParent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
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
      j.trace_parent
      """;

  private final JdbcClient jdbc;

  /** Over the outbox table. */
  public Outbox(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** An entry as it is published, with its body. */
  public record Pending(long seq, OutboxEntry entry, String body) {}

  /**
   * Writes an entry in the caller's transaction, which holds the job's row lock. Does nothing if
   * the same (job, epoch, type, discriminator) has been written before.
   */
  public void add(OutboxEntry entry, Instant now) {
    // The caller's row lock keeps others out between the two halves.
    boolean there =
        jdbc.sql(
                    """
                    SELECT COUNT(*) FROM piecework_outbox WHERE job_id = :job AND epoch = :epoch
                    AND type = :type AND discriminator = :discriminator
                    """)
                .param("job", entry.jobId())
                .param("epoch", entry.epoch())
                .param("type", entry.type())
                .param("discriminator", entry.discriminator())
                .query(Long.class)
                .single()
            > 0;
    if (there) {
      return;
    }
    jdbc.sql(
            """
            INSERT INTO piecework_outbox(message_id, job_id, epoch, type, discriminator, exchange,
              routing_key, priority, content_type, headers, mandatory, body, created_at, published)
            VALUES (:message, :job, :epoch, :type, :discriminator, :exchange, :key, :priority,
              :contentType, :headers, :mandatory, :body, :now, FALSE)
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
   * Takes the right to publish, until the transaction at hand ends.
   *
   * @return false if another worker has it
   */
  public boolean lock() {
    return jdbc.sql("SELECT id FROM piecework_relay WHERE id = 1 FOR UPDATE SKIP LOCKED")
        .query(Integer.class)
        .optional()
        .isPresent();
  }

  /**
   * What has not been published, oldest first.
   *
   * @param atMost entries
   * @param atMostCharacters of all bodies together, though always one entry: an inline torrent may
   *     have megabytes
   */
  public List<Pending> pending(int atMost, long atMostCharacters) {
    List<Long> seqs = new ArrayList<>();
    long[] characters = {0};
    jdbc.sql(
            """
            SELECT o.seq AS seq, LENGTH(COALESCE(o.body, j.message)) AS characters
            FROM piecework_outbox o JOIN piecework_job j ON j.id = o.job_id
            WHERE o.published = FALSE ORDER BY o.seq FETCH FIRST %d ROWS ONLY
            """
                .formatted(atMost))
        .query(row -> {
          characters[0] += row.getLong("characters");
          if (seqs.isEmpty() || characters[0] <= atMostCharacters) {
            seqs.add(row.getLong("seq"));
          }
        });
    if (seqs.isEmpty()) {
      return List.of();
    }
    return jdbc.sql(
            "SELECT "
                + COLUMNS
                + """
                 FROM piecework_outbox o JOIN piecework_job j ON j.id = o.job_id
                WHERE o.seq IN (:seqs) ORDER BY o.seq
                """)
        .param("seqs", seqs)
        .query(Outbox::pending)
        .list();
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

  /** Says that entries have been published. */
  public void published(Collection<Long> seqs) {
    if (!seqs.isEmpty()) {
      jdbc.sql(
              """
              UPDATE piecework_outbox SET published = TRUE, published_at = CURRENT_TIMESTAMP
              WHERE seq IN (:seqs)
              """)
          .param("seqs", seqs)
          .update();
    }
  }

  /**
   * Has the last entry of a type published once more, with the same message id.
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
        jdbc.sql("UPDATE piecework_outbox SET published = FALSE WHERE seq = :seq")
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

  private static Pending pending(ResultSet row, int number) throws SQLException {
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
        row.getString("body"));
  }
}
