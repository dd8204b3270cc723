package dev.piecework.worker.job;

import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.Destination;
import dev.piecework.message.JobStatus;
import dev.piecework.message.JobTransition;
import dev.piecework.worker.outbox.TextMap;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/** How jobs stand, for people: reads rows, locks nothing. */
public final class JobStatuses {
  private static final String COLUMNS =
      """
      id, state, ordered, reason, attempt, epoch, lease_owner, name, info_hash, source, author, bucket, \
      prefix, total_bytes, uploaded_bytes, total_pieces, verified_pieces, created_at, updated_at, due_at, \
      deadline_at, priority, labels
      """;

  private final JdbcClient jdbc;

  /** Over the job table. */
  public JobStatuses(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Buckets that jobs write to, the latest first; a few. */
  public List<String> buckets() {
    return jdbc.sql(
            """
            SELECT bucket FROM piecework_job WHERE bucket <> ''
            GROUP BY bucket ORDER BY MAX(updated_at) DESC FETCH FIRST 10 ROWS ONLY
            """)
        .query((row, number) -> row.getString(1))
        .list();
  }

  /** One job. */
  public Optional<JobStatus> find(String jobId) {
    return jdbc.sql("SELECT " + COLUMNS + " FROM piecework_job WHERE id = :id")
        .param("id", jobId)
        .query(JobStatuses::status)
        .optional();
  }

  /** Its last changes of state, oldest first. */
  public List<JobTransition> transitions(String jobId) {
    return jdbc.sql(
            """
            SELECT at, from_state, to_state, reason, attempt, epoch, worker, author
            FROM piecework_job_transition WHERE job_id = :id
            ORDER BY seq DESC FETCH FIRST %d ROWS ONLY
            """
                .formatted(ControlReply.MAX_TRANSITIONS))
        .param("id", jobId)
        .query((row, number) ->
            new JobTransition(
                instant(row, "at").orElseThrow(),
                row.getString("from_state").toLowerCase(Locale.ROOT),
                row.getString("to_state").toLowerCase(Locale.ROOT),
                row.getString("reason"),
                row.getInt("attempt"),
                row.getLong("epoch"),
                row.getString("worker"),
                row.getString("author")))
        .list()
        .reversed();
  }

  /** Names of states, as {@link ListJobs} has them, that there are not. */
  public static List<String> unknownStates(List<String> names) {
    return names.stream()
        .filter(name ->
            Arrays.stream(JobState.values()).noneMatch(state -> state.wireName().equals(name)))
        .toList();
  }

  /** Every name of a state. */
  public static String stateNames() {
    return Arrays.stream(JobState.values())
        .map(JobState::wireName)
        .collect(Collectors.joining(", "));
  }

  /**
   * Jobs, oldest first.
   *
   * @return empty if the job is not there that others shall come after
   */
  public Optional<ControlReply.Page> list(ListJobs question) {
    StringBuilder where = new StringBuilder("1 = 1");
    if (!question.states().isEmpty()) {
      where.append(" AND state IN (:states)");
    }
    Optional<OffsetDateTime> since = Optional.empty();
    if (question.after().isPresent()) {
      since =
          jdbc.sql("SELECT created_at FROM piecework_job WHERE id = :id")
              .param("id", question.after().get())
              .query(OffsetDateTime.class)
              .optional();
      if (since.isEmpty()) {
        return Optional.empty();
      }
      where.append(" AND (created_at > :since OR (created_at = :since AND id > :after))");
    }
    List<Map.Entry<String, String>> labels = List.copyOf(question.labels().entrySet());
    for (int i = 0; i < labels.size(); i++) {
      where.append(" AND labels LIKE :label").append(i).append(" ESCAPE '!'");
    }
    StatementSpec statement =
        jdbc.sql(
            "SELECT "
                + COLUMNS
                + " FROM piecework_job WHERE "
                + where
                + " ORDER BY created_at, id FETCH FIRST "
                + (question.limit() + 1)
                + " ROWS ONLY");
    if (!question.states().isEmpty()) {
      statement.param(
          "states", question.states().stream().map(name -> name.toUpperCase(Locale.ROOT)).toList());
    }
    for (int i = 0; i < labels.size(); i++) {
      statement.param("label" + i, pattern(labels.get(i)));
    }
    if (since.isPresent()) {
      statement.param("since", since.get()).param("after", question.after().orElseThrow());
    }
    List<JobStatus> found = statement.query(JobStatuses::status).list();
    boolean more = found.size() > question.limit();
    return Optional.of(
        new ControlReply.Page(more ? found.subList(0, question.limit()) : found, more));
  }

  /** A label as it stands in the column's JSON, where a quote inside a value has a backslash. */
  private static String pattern(Map.Entry<String, String> label) {
    String object = TextMap.write(Map.of(label.getKey(), label.getValue()));
    String pair = object.substring(1, object.length() - 1);
    return "%" + pair.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%";
  }

  private static JobStatus status(ResultSet row, int number) throws SQLException {
    return new JobStatus(
        row.getString("id"),
        row.getString("state").toLowerCase(Locale.ROOT),
        Order.ofColumn(row.getString("ordered")).wireName(),
        row.getString("reason"),
        row.getInt("attempt"),
        row.getLong("epoch"),
        row.getString("lease_owner"),
        row.getString("name"),
        row.getString("info_hash"),
        row.getString("source"),
        row.getString("author"),
        new Destination(row.getString("bucket"), row.getString("prefix")),
        row.getLong("total_bytes"),
        row.getLong("uploaded_bytes"),
        row.getInt("total_pieces"),
        row.getInt("verified_pieces"),
        instant(row, "created_at").orElseThrow(),
        instant(row, "updated_at").orElseThrow(),
        instant(row, "due_at"),
        instant(row, "deadline_at"),
        row.getInt("priority"),
        TextMap.read(row.getString("labels")));
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }
}
