package dev.piecework.worker.scratch;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Disk space for pieces. Bound from {@code piecework.scratch.*}.
 *
 * @param directory folder that all workers of this host share, all of one user; one that belongs to
 *     another user, or that every user can change, is refused; empty: {@code piecework-scratch} in
 *     the system's folder for temporary files
 * @param maxBytes most bytes that the jobs of this worker use together: at the limit, downloads
 *     wait for uploads; each job may always have one bundle, which is a few parts, or a piece if
 *     that is longer. 0: nine tenths of what is free on the volume at the start and of what scratch
 *     holds there already. Where several workers share a volume, give each its share
 * @param retainBytes most bytes of already uploaded segments that a running job keeps in order to
 *     serve them to peers; a job that seeds keeps what there is room for, and serves the rest from
 *     the store. Given back at once when a job needs the room
 * @param keep how long what a dead worker, or a failed job, left is kept for the job to come back
 *     to this host; it goes earlier when a job needs the room
 * @param fullTimeout how long a job waits for room on a full disk before it fails
 * @param checkThreads threads that hash what scratch holds when a job is resumed
 */
@ConfigurationProperties("piecework.scratch")
public record ScratchSettings(
    @DefaultValue("") String directory,
    @DefaultValue("0B") DataSize maxBytes,
    @DefaultValue("256MB") DataSize retainBytes,
    @DefaultValue("2d") Duration keep,
    @DefaultValue("5m") Duration fullTimeout,
    @DefaultValue("2") int checkThreads) {

  private static final long LEAST_BYTES = 16 << 20;

  /** Refuses what cannot work, saying which setting is wrong. */
  public ScratchSettings {
    if (maxBytes.toBytes() != 0 && maxBytes.toBytes() < LEAST_BYTES) {
      throw new IllegalArgumentException(
          "piecework.scratch.max-bytes is %s: expected 0, or at least 16MB, as 20GB"
              .formatted(maxBytes));
    }
    if (fullTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "piecework.scratch.full-timeout is %s: expected a time of 0 or more, as 5m"
              .formatted(fullTimeout));
    }
    if (retainBytes.isNegative()) {
      throw new IllegalArgumentException(
          "piecework.scratch.retain-bytes is %s: expected 0 or more, as 256MB"
              .formatted(retainBytes));
    }
    if (keep.isNegative()) {
      throw new IllegalArgumentException(
          "piecework.scratch.keep is %s: expected a time of 0 or more, as 2d".formatted(keep));
    }
    if (checkThreads < 1 || checkThreads > 64) {
      throw new IllegalArgumentException(
          "piecework.scratch.check-threads is %d: expected 1 to 64".formatted(checkThreads));
    }
  }

  /** The folder itself. */
  public Path path() {
    return directory.isBlank()
        ? Path.of(System.getProperty("java.io.tmpdir", "/tmp"), "piecework-scratch")
        : Path.of(directory);
  }
}
