package dev.piecework.acceptance.faults;

import dev.piecework.testkit.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The workers' database, asked behind their backs. */
final class Ledger {
  private final PostgresDatabase database;

  Ledger(PostgresDatabase database) {
    this.database = database;
  }

  /** Whether nothing of the job follows. */
  boolean ended(String jobId) throws SQLException {
    return !rows(
            "SELECT state FROM piecework_job WHERE id = ?"
                + " AND state IN ('COMPLETED', 'FAILED', 'CANCELLED')",
            jobId)
        .isEmpty();
  }

  /** Leases that somebody holds, or seems to. */
  long leases() throws SQLException {
    return rows("SELECT id FROM piecework_job WHERE lease_owner <> '' OR lease_until IS NOT NULL")
        .size();
  }

  /** Outbox entries that have not been published. */
  long unpublished() throws SQLException {
    return rows("SELECT seq FROM piecework_outbox WHERE NOT published").size();
  }

  /** Final events of a job in the outbox: type and epoch. */
  List<String> outcomes(String jobId) throws SQLException {
    return rows(
        "SELECT type, epoch FROM piecework_outbox WHERE job_id = ?"
            + " AND type IN ('completed', 'failed', 'cancelled') ORDER BY seq",
        jobId);
  }

  /** Why the job was in each state, as people read it. */
  List<String> reasons(String jobId) throws SQLException {
    return rows("SELECT reason FROM piecework_job_transition WHERE job_id = ?", jobId);
  }

  /** The job's row without what is long. */
  String describe(String jobId) {
    try {
      return String.join(
          "; ",
          rows(
              "SELECT state, attempt, failures, epoch, lease_owner, lease_until, due_at, requeues,"
                  + " updated_at, CURRENT_TIMESTAMP, reason FROM piecework_job WHERE id = ?",
              jobId));
    } catch (SQLException e) {
      return e.toString();
    }
  }

  /** All that there is about a job, line by line. */
  List<String> history(String jobId) throws SQLException {
    List<String> lines = new ArrayList<>();
    lines.add("row: " + describe(jobId));
    rows(
            "SELECT at, from_state, to_state, attempt, epoch, worker, reason"
                + " FROM piecework_job_transition WHERE job_id = ? ORDER BY seq",
            jobId)
        .forEach(row -> lines.add("transition: " + row));
    rows(
            "SELECT seq, created_at, published_at, type, discriminator, epoch, message_id"
                + " FROM piecework_outbox WHERE job_id = ? ORDER BY seq",
            jobId)
        .forEach(row -> lines.add("outbox: " + row));
    rows("SELECT object_index, upload_id FROM piecework_upload WHERE job_id = ?", jobId)
        .forEach(row -> lines.add("upload: " + row));
    rows(
            "SELECT object_index, part_number, length, etag FROM piecework_part WHERE job_id = ?"
                + " ORDER BY object_index, part_number",
            jobId)
        .forEach(row -> lines.add("part: " + row));
    return lines;
  }

  private List<String> rows(String sql, String... parameters) throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      List<String> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          List<String> columns = new ArrayList<>();
          for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            columns.add(String.valueOf(result.getString(i)));
          }
          rows.add(String.join(" | ", columns));
        }
      }
      return rows;
    }
  }
}
