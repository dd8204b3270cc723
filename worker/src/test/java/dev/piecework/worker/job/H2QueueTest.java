package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class H2QueueTest extends QueueContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
