package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class PostgresOrdersIT extends OrdersContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
