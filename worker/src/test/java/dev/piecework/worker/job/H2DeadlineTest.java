package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class H2DeadlineTest extends DeadlineContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
