package dev.piecework.worker.store;

import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.SumForm;
import dev.piecework.worker.s3.S3Answer;
import java.util.Optional;

/**
 * What the store says of an object.
 *
 * @param size bytes
 * @param etag without quotes; may be empty
 * @param sum its checksum; empty where the store keeps none
 * @param origin what it says it comes from, if a worker wrote it and said so
 * @param encrypted whether the store says that it encrypts, so that ETags need not be MD5s
 */
public record StoredStat(
    long size,
    String etag,
    Optional<StoredSum> sum,
    Optional<ObjectOrigin> origin,
    boolean encrypted) {

  /**
   * @param size in bytes, however it was learnt
   */
  static StoredStat of(S3Answer answer, long size, StoreDialect dialect) {
    return new StoredStat(
        size,
        answer.header("ETag").orElse("").replace("\"", ""),
        StoredSum.of(answer::header, dialect),
        ObjectSettings.origin(answer::header),
        answer.header("x-amz-server-side-encryption").isPresent());
  }

  /** CRC32C of the whole object in Base64, where that is what the store tells. */
  public Optional<String> crc32c() {
    return sum.filter(told -> told.form() == SumForm.CRC32C && !told.composite())
        .map(StoredSum::value);
  }
}
