package dev.piecework.worker.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.TestDatabase;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.step.StepExecution;
import org.springframework.transaction.support.TransactionTemplate;

class RunRecordsTest {
  private final TestDatabase database = TestDatabase.h2();
  private final TransactionTemplate transactions = database.transactions();
  private RunRecords records;

  @BeforeEach
  void open() throws Exception {
    records =
        new RunRecords(
            RunRecords.repository(
                Objects.requireNonNull(database.template().getDataSource()), transactions),
            transactions);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private JobExecution begin(String job) {
    return records.begin(Pipeline.parameters(job));
  }

  private void end(JobExecution execution) {
    execution.setStatus(BatchStatus.COMPLETED);
    execution.setEndTime(LocalDateTime.of(2026, 1, 1, 0, 0));
    records.update(execution);
  }

  private List<String> executions(String job) {
    return database
        .template()
        .query(
            """
            SELECT e.STATUS FROM BATCH_JOB_EXECUTION e
            JOIN BATCH_JOB_EXECUTION_PARAMS p ON p.JOB_EXECUTION_ID = e.JOB_EXECUTION_ID
            WHERE p.PARAMETER_VALUE = ? ORDER BY e.JOB_EXECUTION_ID
            """,
            (row, number) -> row.getString(1),
            job);
  }

  /** Name, status and commits of each. */
  private List<String> steps() {
    return database
        .template()
        .query(
            "SELECT STEP_NAME, STATUS, COMMIT_COUNT FROM BATCH_STEP_EXECUTION ORDER BY STEP_EXECUTION_ID",
            (row, number) ->
                "%s %s %d".formatted(row.getString(1), row.getString(2), row.getLong(3)));
  }

  @Test
  void aLongRunIsWrittenAsItGoes() {
    JobExecution execution = begin("a");
    StepExecution step = records.createStepExecution("transfer", execution);
    records.update(step);
    records.flush();
    assertThat(executions("a")).containsExactly("STARTING");

    step.setStatus(BatchStatus.COMPLETED);
    step.setCommitCount(3);
    records.update(step);
    StepExecution next = records.createStepExecution("verify", execution);
    records.update(next);
    end(execution);
    records.flush();

    assertThat(executions("a")).containsExactly("COMPLETED");
    assertThat(steps()).containsExactly("transfer COMPLETED 3", "verify STARTING 0");
  }

  @Test
  void runsOfOneJobAreExecutionsOfOneInstance() {
    end(begin("a"));
    end(begin("b"));
    records.flush();
    begin("a");
    records.flush();

    assertThat(executions("a")).containsExactly("COMPLETED", "STARTING");
    assertThat(
            database
                .template()
                .queryForObject("SELECT COUNT(*) FROM BATCH_JOB_INSTANCE", Integer.class))
        .isEqualTo(2);
  }

  @Test
  void whoeverPutsARecordInOrderHasTheLastWord() {
    JobExecution execution = begin("a");
    records.flush();
    database
        .template()
        .update(
            "UPDATE BATCH_JOB_EXECUTION SET STATUS = 'FAILED', END_TIME = CURRENT_TIMESTAMP,"
                + " VERSION = VERSION + 1");

    end(execution);
    records.flush();

    assertThat(executions("a")).containsExactly("FAILED");
  }

  @Test
  void aRecordThatCannotBeWrittenKeepsNoOtherFromIt() {
    end(begin("a"));
    end(begin("x".repeat(3000)));
    end(begin("b"));
    records.flush();

    assertThat(executions("a")).containsExactly("COMPLETED");
    assertThat(executions("b")).containsExactly("COMPLETED");
  }
}
