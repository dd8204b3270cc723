package dev.piecework.worker.verify;

import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.worker.store.StoredStat;
import java.util.Optional;

/**
 * Whether an object is still what a manifest says of it. Stricter than {@link
 * dev.piecework.worker.transfer.ObjectProof}, which knows what it has sent: here the ETag alone
 * tells that nobody has written the object since, so it must be there and be the same.
 */
public final class KeptProof {
  private KeptProof() {}

  /**
   * Compares.
   *
   * @param listed what the manifest says
   * @param stat what the store says; empty when it has no such object
   * @return what is wrong, in one sentence; empty when nothing is
   */
  public static Optional<String> check(FinishedObject listed, Optional<StoredStat> stat) {
    if (stat.isEmpty()) {
      return wrong(listed, "is not in the bucket");
    }
    StoredStat is = stat.get();
    if (is.size() != listed.size()) {
      return wrong(listed, "has %d bytes, expected %d".formatted(is.size(), listed.size()));
    }
    if (listed.etag().isEmpty() || !is.etag().equals(listed.etag())) {
      return wrong(listed, "has ETag '%s', expected '%s'".formatted(is.etag(), listed.etag()));
    }
    // With "-N" behind it a checksum is that of the parts' checksums, which no manifest holds.
    return is.crc32c()
        .filter(has -> !has.contains("-") && !has.equals(listed.crc32c()))
        .flatMap(
            has -> wrong(listed, "has CRC32C %s, expected %s".formatted(has, listed.crc32c())));
  }

  private static Optional<String> wrong(FinishedObject listed, String what) {
    return Optional.of("object %s %s".formatted(listed.key(), what));
  }
}
