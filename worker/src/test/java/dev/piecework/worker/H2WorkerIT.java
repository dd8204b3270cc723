package dev.piecework.worker;

class H2WorkerIT extends WorkerContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
