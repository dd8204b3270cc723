package dev.piecework.worker.transfer;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How a job that seeds serves what scratch no longer has. Bound from {@code piecework.seed.*}.
 *
 * @param fromStore whether such pieces are read from the job's objects, by range; switch it off
 *     where requests to the store or bytes from it cost money: what scratch has no room for is then
 *     not served
 * @param cacheBytes most bytes that were read from the store and are kept in memory for further
 *     requests of peers, all jobs of the worker together; a torrent whose pieces are longer is
 *     served from scratch only
 * @param concurrentReads most reads from the store for peers at once, all jobs of the worker
 *     together
 */
@ConfigurationProperties("piecework.seed")
public record SeedSettings(
    @DefaultValue("true") boolean fromStore,
    @DefaultValue("16MB") DataSize cacheBytes,
    @DefaultValue("4") int concurrentReads) {

  private static final DataSize LEAST = DataSize.ofMegabytes(1);
  private static final DataSize MOST = DataSize.ofGigabytes(1);
  private static final int MOST_READS = 64;

  /** Refuses what cannot work, saying which setting is wrong. */
  public SeedSettings {
    if (cacheBytes.compareTo(LEAST) < 0 || cacheBytes.compareTo(MOST) > 0) {
      throw new IllegalArgumentException(
          "piecework.seed.cache-bytes is %s: expected 1MB to 1GB, as 16MB".formatted(cacheBytes));
    }
    if (concurrentReads < 1 || concurrentReads > MOST_READS) {
      throw new IllegalArgumentException(
          "piecework.seed.concurrent-reads is %d: expected 1 to %d"
              .formatted(concurrentReads, MOST_READS));
    }
  }
}
