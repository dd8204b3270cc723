package dev.piecework.worker.dialect;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Where is kept what was found out of buckets. */
public interface DialectMemory {
  /**
   * A bucket of a store, spoken to in a certain way: what was found out is of use for that alone.
   *
   * @param endpoint the store's
   * @param bucket its bucket
   * @param asked what the settings ask for, in one line
   */
  record Question(String endpoint, String bucket, String asked) {}

  /**
   * What was found out.
   *
   * @param atMost how long ago at most
   */
  Optional<StoreDialect> find(Question question, Duration atMost);

  /** Keeps it, instead of anything found out before of the bucket. */
  void keep(Question question, StoreDialect dialect);

  /** Forgets it. */
  void forget(String endpoint, String bucket);

  /** One that ends with the process. */
  static DialectMemory ofProcess() {
    Map<String, Map.Entry<Question, StoreDialect>> kept = new ConcurrentHashMap<>();
    return new DialectMemory() {
      @Override
      public Optional<StoreDialect> find(Question question, Duration atMost) {
        return Optional.ofNullable(kept.get(question.endpoint() + " " + question.bucket()))
            .filter(entry -> entry.getKey().equals(question))
            .map(Map.Entry::getValue);
      }

      @Override
      public void keep(Question question, StoreDialect dialect) {
        kept.put(question.endpoint() + " " + question.bucket(), Map.entry(question, dialect));
      }

      @Override
      public void forget(String endpoint, String bucket) {
        kept.remove(endpoint + " " + bucket);
      }
    };
  }
}
