package dev.piecework.worker;

class PostgresWorkerIT extends WorkerContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
