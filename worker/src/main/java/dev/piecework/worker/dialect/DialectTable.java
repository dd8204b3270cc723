package dev.piecework.worker.dialect;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** What any worker of the fleet has found out, for all of them. */
public final class DialectTable implements DialectMemory {
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;

  /** Over the table of dialects. */
  public DialectTable(JdbcClient jdbc, TransactionTemplate transactions) {
    this.jdbc = jdbc;
    this.transactions = transactions;
  }

  @Override
  public Optional<StoreDialect> find(Question question, Duration atMost) {
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    return jdbc.sql(
            """
            SELECT dialect FROM piecework_store_dialect
            WHERE endpoint = :endpoint AND bucket = :bucket AND asked = :asked
              AND learnt_at > :after
            """)
        .param("endpoint", question.endpoint())
        .param("bucket", question.bucket())
        .param("asked", question.asked())
        .param("after", now.minus(atMost))
        .query(String.class)
        .optional()
        .flatMap(StoreDialect::parse);
  }

  @Override
  public void keep(Question question, StoreDialect dialect) {
    try {
      transactions.executeWithoutResult(status -> write(question, dialect));
    } catch (DuplicateKeyException e) {
      // Another worker has found it out meanwhile.
    }
  }

  private void write(Question question, StoreDialect dialect) {
    int updated =
        jdbc.sql(
                """
                UPDATE piecework_store_dialect SET asked = :asked, dialect = :dialect,
                  learnt_at = CURRENT_TIMESTAMP
                WHERE endpoint = :endpoint AND bucket = :bucket
                """)
            .param("endpoint", question.endpoint())
            .param("bucket", question.bucket())
            .param("asked", question.asked())
            .param("dialect", dialect.text())
            .update();
    if (updated == 0) {
      jdbc.sql(
              """
              INSERT INTO piecework_store_dialect(endpoint, bucket, asked, dialect, learnt_at)
              VALUES (:endpoint, :bucket, :asked, :dialect, CURRENT_TIMESTAMP)
              """)
          .param("endpoint", question.endpoint())
          .param("bucket", question.bucket())
          .param("asked", question.asked())
          .param("dialect", dialect.text())
          .update();
    }
  }

  @Override
  public void forget(String endpoint, String bucket) {
    jdbc.sql("DELETE FROM piecework_store_dialect WHERE endpoint = :endpoint AND bucket = :bucket")
        .param("endpoint", endpoint)
        .param("bucket", bucket)
        .update();
  }
}
