package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class H2RegistrationsTest extends RegistrationsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
