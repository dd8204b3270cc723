package dev.piecework.worker.job;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Which submissions of a job had been registered when it was cancelled: their messages may still
 * lie on the queue, and are without effect when they come. Kept as long as the job's row.
 */
final class RegisteredSubmissions {
  private final JdbcClient jdbc;

  RegisteredSubmissions(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Notes one, unless it is known.
   *
   * @throws org.springframework.dao.DuplicateKeyException if another transaction has just noted it
   */
  void note(String jobId, String messageId) {
    jdbc.sql(
            """
            INSERT INTO piecework_submission(job_id, message_id, revoked)
            SELECT CAST(:job AS VARCHAR(100)), CAST(:message AS VARCHAR(255)), FALSE
            WHERE NOT EXISTS (SELECT 1 FROM piecework_submission s
              WHERE s.job_id = :job AND s.message_id = :message)
            """)
        .param("job", jobId)
        .param("message", messageId)
        .update();
  }

  /**
   * Makes all void that are known by now; the caller holds the job's row lock.
   *
   * @return whether any was not void before
   */
  boolean revokeAll(String jobId) {
    return jdbc.sql(
                """
                UPDATE piecework_submission SET revoked = TRUE
                WHERE job_id = :job AND revoked = FALSE
                """)
            .param("job", jobId)
            .update()
        > 0;
  }

  /** Whether one is void. */
  boolean revoked(String jobId, String messageId) {
    return jdbc.sql(
                """
                SELECT COUNT(*) FROM piecework_submission
                WHERE job_id = :job AND message_id = :message AND revoked = TRUE
                """)
            .param("job", jobId)
            .param("message", messageId)
            .query(Long.class)
            .single()
        > 0;
  }
}
