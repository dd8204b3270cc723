package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class H2OrdersTest extends OrdersContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
