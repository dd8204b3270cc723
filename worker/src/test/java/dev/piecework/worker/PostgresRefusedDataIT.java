package dev.piecework.worker;

class PostgresRefusedDataIT extends RefusedDataContract {
  @Override
  TestDatabase open() {
    return TestDatabase.postgres();
  }
}
