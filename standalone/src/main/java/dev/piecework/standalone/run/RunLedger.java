package dev.piecework.standalone.run;

import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.standalone.embedded.EmbeddedDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What {@code run} may do to the job table because it is alone with it (the folder is locked), and
 * a worker of a fleet may not: end leases at once instead of waiting for them, let jobs rest that
 * nobody asked for this time, and give a job other peers than it began with.
 */
final class RunLedger implements AutoCloseable {
  private final Connection connection;

  private RunLedger(Connection connection) {
    this.connection = connection;
  }

  static RunLedger open(EmbeddedDatabase database) throws SQLException {
    return new RunLedger(
        DriverManager.getConnection(
            database.url(), database.login().user(), database.login().secret()));
  }

  /** To be called before the worker starts. */
  void prepare(List<JobMessage> jobs) throws SQLException {
    if (!hasJobTable()) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      // The worker that held them is gone: it would hold the lock of the folder otherwise.
      statement.executeUpdate(
          "UPDATE piecework_job SET lease_until = DATEADD('SECOND', -1, CURRENT_TIMESTAMP)"
              + " WHERE lease_owner <> ''");
    }
    String ours = String.join(", ", Collections.nCopies(jobs.size(), "?"));
    try (var rest =
        connection.prepareStatement(
            "UPDATE piecework_job SET state = 'PAUSED', lease_owner = '', lease_until = NULL,"
                + " due_at = NULL WHERE state IN ('QUEUED', 'RUNNING', 'RETRYING', 'SEEDING')"
                + " AND id NOT IN ("
                + ours
                + ")")) {
      for (int i = 0; i < jobs.size(); i++) {
        rest.setString(i + 1, jobs.get(i).id());
      }
      rest.executeUpdate();
    }
    try (var wake =
        connection.prepareStatement(
            "UPDATE piecework_job SET message = ?, due_at = CURRENT_TIMESTAMP,"
                + " state = CASE state WHEN 'PAUSED' THEN 'QUEUED' ELSE state END"
                + " WHERE id = ? AND state <> 'COMPLETED'")) {
      for (JobMessage job : jobs) {
        wake.setString(1, new String(JobMessageCodec.encode(job), StandardCharsets.UTF_8));
        wake.setString(2, job.id());
        wake.executeUpdate();
      }
    }
  }

  /** Whether a job has been begun before. */
  boolean knows(String jobId) throws SQLException {
    return hasJobTable() && state(jobId).isPresent();
  }

  /** The job's state by name. */
  Optional<String> state(String jobId) throws SQLException {
    try (var query = connection.prepareStatement("SELECT state FROM piecework_job WHERE id = ?")) {
      query.setString(1, jobId);
      try (var rows = query.executeQuery()) {
        return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
      }
    }
  }

  private boolean hasJobTable() throws SQLException {
    try (var tables =
        connection
            .getMetaData()
            .getTables(null, null, "PIECEWORK_JOB", new String[] {"BASE TABLE"})) {
      return tables.next();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
