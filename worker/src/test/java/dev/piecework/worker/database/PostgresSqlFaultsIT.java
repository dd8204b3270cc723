package dev.piecework.worker.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.TestDatabase;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

class PostgresSqlFaultsIT extends SqlFaultsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }

  @Test
  void aZeroByteDoesNotHeal() {
    DataAccessException failure = failure("INSERT INTO piecework_probe VALUES (1, ?)", "a\0b");
    assertThat(SqlFaults.lasting(failure)).isTrue();
    assertThat(SqlFaults.fault(failure).message()).contains("22021").doesNotContain("\0");
  }

  @Test
  void aConnectionThatTheServerEndsHeals() {
    DataAccessException failure = failure("SELECT pg_terminate_backend(pg_backend_pid())");
    assertThat(SqlFaults.lasting(failure)).isFalse();
  }
}
