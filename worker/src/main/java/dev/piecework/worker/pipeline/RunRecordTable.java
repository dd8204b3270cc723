package dev.piecework.worker.pipeline;

import dev.piecework.worker.pipeline.RunRecord.Change;
import dev.piecework.worker.pipeline.RunRecord.Step;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.SqlParameterValue;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Writes records of runs into Spring Batch's tables, many in one transaction, each table's rows in
 * one batch. The framework's own repository takes a transaction for each of some thirty changes of
 * a run; it reads, repairs and deletes what is written here.
 *
 * <p>No context rows: no step of ours keeps anything there, and the framework takes a missing one
 * for empty.
 */
final class RunRecordTable {
  private static final String EXECUTION =
      """
      INSERT INTO BATCH_JOB_EXECUTION(JOB_EXECUTION_ID, JOB_INSTANCE_ID, VERSION, CREATE_TIME,
        START_TIME, END_TIME, STATUS, EXIT_CODE, EXIT_MESSAGE, LAST_UPDATED)
      SELECT CAST(? AS BIGINT), I.JOB_INSTANCE_ID, 0, CAST(? AS TIMESTAMP), CAST(? AS TIMESTAMP),
        CAST(? AS TIMESTAMP), CAST(? AS VARCHAR(10)), CAST(? AS VARCHAR(2500)),
        CAST(? AS VARCHAR(2500)), CAST(? AS TIMESTAMP)
      FROM BATCH_JOB_INSTANCE I WHERE I.JOB_NAME = ? AND I.JOB_KEY = ?
      """;

  private static final String PARAMETER =
      """
      INSERT INTO BATCH_JOB_EXECUTION_PARAMS(JOB_EXECUTION_ID, PARAMETER_NAME, PARAMETER_TYPE,
        PARAMETER_VALUE, IDENTIFYING)
      VALUES (?, ?, 'java.lang.String', ?, 'Y')
      """;

  private static final String UPDATE_EXECUTION =
      """
      UPDATE BATCH_JOB_EXECUTION SET VERSION = VERSION + 1, CREATE_TIME = ?, START_TIME = ?,
        END_TIME = ?, STATUS = ?, EXIT_CODE = ?, EXIT_MESSAGE = ?, LAST_UPDATED = ?
      WHERE JOB_EXECUTION_ID = ? AND VERSION = ?
      """;

  private static final String UPDATE_STEP =
      """
      UPDATE BATCH_STEP_EXECUTION SET VERSION = VERSION + 1, CREATE_TIME = ?, START_TIME = ?,
        END_TIME = ?, STATUS = ?, EXIT_CODE = ?, EXIT_MESSAGE = ?, LAST_UPDATED = ?,
        COMMIT_COUNT = ?, READ_COUNT = ?, WRITE_COUNT = ?, ROLLBACK_COUNT = ?
      WHERE JOB_EXECUTION_ID = ? AND STEP_NAME = ?
      """;

  private final JdbcTemplate jdbc;
  private final TransactionTemplate transactions;
  private final boolean postgresql;
  private final String insertInstance;
  private final String insertStep;

  /**
   * @param postgresql whether it is PostgreSQL; otherwise it is H2, which has other words for
   *     sequences
   */
  RunRecordTable(JdbcTemplate jdbc, TransactionTemplate transactions, boolean postgresql) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.postgresql = postgresql;
    this.insertInstance =
        """
        INSERT INTO BATCH_JOB_INSTANCE(JOB_INSTANCE_ID, JOB_NAME, JOB_KEY, VERSION)
        SELECT %s, CAST(? AS VARCHAR(100)), CAST(? AS VARCHAR(32)), 0
        WHERE NOT EXISTS (SELECT 1 FROM BATCH_JOB_INSTANCE I WHERE I.JOB_NAME = ? AND I.JOB_KEY = ?)
        """
            .formatted(next("BATCH_JOB_INSTANCE_SEQ"));
    this.insertStep =
        """
        INSERT INTO BATCH_STEP_EXECUTION(STEP_EXECUTION_ID, VERSION, CREATE_TIME, START_TIME,
          END_TIME, STATUS, EXIT_CODE, EXIT_MESSAGE, LAST_UPDATED, COMMIT_COUNT, READ_COUNT,
          WRITE_COUNT, ROLLBACK_COUNT, FILTER_COUNT, READ_SKIP_COUNT, WRITE_SKIP_COUNT,
          PROCESS_SKIP_COUNT, JOB_EXECUTION_ID, STEP_NAME)
        VALUES (%s, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, ?)
        """
            .formatted(next("BATCH_STEP_EXECUTION_SEQ"));
  }

  /**
   * Writes changes, all or none. Of a run that somebody else has written about (who took the job
   * over, and put the record in order) nothing is written any more.
   */
  void write(List<Change> changes) {
    transactions.executeWithoutResult(status -> {
      List<Change> written = new ArrayList<>();
      List<Change> fresh = changes.stream().filter(change -> change.rowId() == 0).toList();
      if (!fresh.isEmpty()) {
        written.addAll(insert(fresh));
      }
      for (Change change : changes) {
        if (change.rowId() != 0 && update(change)) {
          written.add(change);
        }
      }
      writeSteps(written);
      written.forEach(change -> change.record().written(change.rowId(), change.version() + 1));
    });
  }

  /** The same changes, with the rows that they have now. */
  private List<Change> insert(List<Change> fresh) {
    batch(
        insertInstance,
        fresh,
        change ->
            new Object[] {Pipeline.JOB_NAME, change.jobKey(), Pipeline.JOB_NAME, change.jobKey()});
    List<Long> ids = numbers(fresh.size());
    List<Change> numbered = new ArrayList<>();
    for (int i = 0; i < fresh.size(); i++) {
      Change change = fresh.get(i);
      numbered.add(
          new Change(
              change.record(),
              change.jobKey(),
              change.jobId(),
              ids.get(i),
              -1,
              change.execution(),
              change.steps()));
    }
    batch(
        EXECUTION,
        numbered,
        change -> {
          List<Object> values = new ArrayList<>();
          values.add(change.rowId());
          values.addAll(executionValues(change));
          values.add(Pipeline.JOB_NAME);
          values.add(change.jobKey());
          return values.toArray();
        });
    batch(
        PARAMETER,
        numbered,
        change -> new Object[] {change.rowId(), Pipeline.JOB_ID, change.jobId()});
    return numbered;
  }

  private boolean update(Change change) {
    List<Object> values = new ArrayList<>(executionValues(change));
    values.add(change.rowId());
    values.add(change.version());
    return jdbc.update(UPDATE_EXECUTION, values.toArray()) == 1;
  }

  private record StepRow(Change change, Step step) {
    Object[] values() {
      RunRecord.Exit exit = step.exit();
      return new Object[] {
        time(step.created()),
        time(step.started()),
        time(step.ended()),
        exit.status(),
        exit.code(),
        exit.message(),
        time(step.updated()),
        step.commits(),
        step.reads(),
        step.writes(),
        step.rollbacks(),
        change.rowId(),
        step.name()
      };
    }
  }

  private void writeSteps(List<Change> changes) {
    List<StepRow> rows = new ArrayList<>();
    List<StepRow> fresh = new ArrayList<>();
    for (Change change : changes) {
      // A new execution has no steps yet.
      change
          .steps()
          .forEach(step -> (change.version() < 0 ? fresh : rows).add(new StepRow(change, step)));
    }
    if (!rows.isEmpty()) {
      for (StepRow row : rows) {
        if (jdbc.update(UPDATE_STEP, row.values()) == 0) {
          fresh.add(row);
        }
      }
    }
    batch(insertStep, fresh, StepRow::values);
  }

  private interface Values<T> {
    Object[] of(T row);
  }

  private <T> void batch(String sql, List<T> rows, Values<T> values) {
    if (!rows.isEmpty()) {
      jdbc.batchUpdate(sql, rows.stream().map(values::of).toList());
    }
  }

  private static List<Object> executionValues(Change change) {
    RunRecord.Execution row = change.execution();
    List<Object> values = new ArrayList<>();
    values.add(time(row.created()));
    values.add(time(row.started()));
    values.add(time(row.ended()));
    values.add(row.exit().status());
    values.add(row.exit().code());
    values.add(row.exit().message());
    values.add(time(row.updated()));
    return values;
  }

  /** With its type, which a database cannot tell of a plain null. */
  private static Object time(@Nullable LocalDateTime time) {
    return new SqlParameterValue(Types.TIMESTAMP, time == null ? null : Timestamp.valueOf(time));
  }

  private List<Long> numbers(int count) {
    String sql =
        postgresql
            ? "SELECT nextval('BATCH_JOB_EXECUTION_SEQ') FROM generate_series(1, ?)"
            : "SELECT NEXT VALUE FOR BATCH_JOB_EXECUTION_SEQ FROM SYSTEM_RANGE(1, ?)";
    return jdbc.query(sql, (row, number) -> row.getLong(1), count);
  }

  private String next(String sequence) {
    return postgresql ? "nextval('" + sequence + "')" : "NEXT VALUE FOR " + sequence;
  }
}
