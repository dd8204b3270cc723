package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class PostgresQueueIT extends QueueContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
