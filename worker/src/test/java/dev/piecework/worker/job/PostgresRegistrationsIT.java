package dev.piecework.worker.job;

import dev.piecework.worker.TestDatabase;

class PostgresRegistrationsIT extends RegistrationsContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
