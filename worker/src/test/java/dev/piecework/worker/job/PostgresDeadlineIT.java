package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class PostgresDeadlineIT extends DeadlineContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
