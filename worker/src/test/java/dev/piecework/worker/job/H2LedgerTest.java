package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class H2LedgerTest extends LedgerContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
