package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class PostgresTakenIdsIT extends TakenIdsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
