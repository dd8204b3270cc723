package dev.piecework.worker.store;

import dev.piecework.worker.dialect.DialectMemory;
import dev.piecework.worker.dialect.DialectMemory.Question;
import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.SumForm;
import dev.piecework.worker.store.DialectProbe.Attempt;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How each bucket is spoken to: as was found out by this worker or another one, else as is assumed.
 */
final class StoreDialects {
  private static final Logger log = LoggerFactory.getLogger(StoreDialects.class);
  private static final int MAX_BUCKETS = 1000;

  private final StoreSettings settings;
  private final ObjectSettings objects;
  private final DialectMemory memory;
  private final StoreDialect assumed;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  /** One bucket is tried at a time: most workers have one. */
  private final ReentrantLock trying = new ReentrantLock();

  /**
   * @param at when it was found out or read, by {@link System#nanoTime}
   */
  private record Known(StoreDialect dialect, long at) {}

  StoreDialects(StoreSettings settings, ObjectSettings objects, DialectMemory memory) {
    this.settings = settings;
    this.objects = objects;
    this.memory = memory;
    this.assumed =
        StoreDialect.assumed(settings.checksums().form().orElse(SumForm.CRC32C))
            .withMaxParts(settings.maxParts());
  }

  /** What is known of a bucket; asks nobody but memory. */
  StoreDialect of(String bucket) {
    if (!settings.learn()) {
      return assumed;
    }
    return fresh(bucket)
        .or(() -> {
          Optional<StoreDialect> kept = memory.find(question(bucket), settings.learnAfter());
          kept.ifPresent(dialect -> remember(bucket, dialect));
          return kept;
        })
        .orElse(assumed);
  }

  /**
   * What is known of a bucket; if that is nothing, it is found out.
   *
   * @throws StoreException as {@link DialectProbe#learn}
   */
  StoreDialect learn(DialectProbe probe, Attempt attempt)
      throws StoreException, InterruptedException {
    StoreDialect before = of(attempt.bucket());
    if (before.learnt() || !settings.learn()) {
      return before;
    }
    trying.lockInterruptibly();
    try {
      StoreDialect meanwhile = of(attempt.bucket());
      return meanwhile.learnt() ? meanwhile : anew(probe, attempt);
    } finally {
      trying.unlock();
    }
  }

  /** Finds it out, whatever is known. */
  StoreDialect anew(DialectProbe probe, Attempt attempt) throws StoreException {
    StoreDialect found = probe.learn(attempt);
    log.info(
        "bucket {} of the object store at {}: {}",
        attempt.bucket(),
        settings.endpoint(),
        found.text());
    memory.keep(question(attempt.bucket()), found);
    remember(attempt.bucket(), found);
    return found;
  }

  /** The store answers otherwise than it did: the next job finds out how. */
  void forget(String bucket) {
    if (known.remove(bucket) != null) {
      log.warn(
          "the object store at {} answers otherwise than it did in bucket {}: it is tried again"
              + " before the next job",
          settings.endpoint(),
          bucket);
      memory.forget(settings.endpoint().toString(), bucket);
    }
  }

  private Optional<StoreDialect> fresh(String bucket) {
    Known last = known.get(bucket);
    return last != null && System.nanoTime() - last.at() < settings.learnAfter().toNanos()
        ? Optional.of(last.dialect())
        : Optional.empty();
  }

  private void remember(String bucket, StoreDialect dialect) {
    if (known.size() >= MAX_BUCKETS) {
      known.clear();
    }
    known.put(bucket, new Known(dialect, System.nanoTime()));
  }

  private Question question(String bucket) {
    return new Question(
        settings.endpoint().toString(),
        bucket,
        "checksums=%s part-size=%d max-parts=%d objects=%s"
            .formatted(
                settings.checksums(),
                settings.partRule(settings.maxParts()).partSize(),
                settings.maxParts(),
                objects.headersBySetting(new ObjectOrigin("", "")).keySet()));
  }
}
