package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class H2TakenIdsTest extends TakenIdsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
