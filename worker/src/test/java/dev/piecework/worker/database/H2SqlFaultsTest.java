package dev.piecework.worker.database;

import dev.piecework.worker.TestDatabase;

class H2SqlFaultsTest extends SqlFaultsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
