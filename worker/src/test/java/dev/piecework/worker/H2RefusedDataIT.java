package dev.piecework.worker;

class H2RefusedDataIT extends RefusedDataContract {
  @Override
  TestDatabase open() {
    return TestDatabase.h2();
  }
}
