package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class PostgresLedgerIT extends LedgerContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
