package dev.piecework.worker.transfer;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How a torrent moves. Bound from {@code piecework.transfer.*}.
 *
 * @param windowBytes bytes of the torrent that may be in the works at once: downloaded or being
 *     downloaded, but not yet in committed parts. What another host must fetch again after a crash
 *     is at most this
 * @param starvedWindowBytes the same while the peers at hand have nothing of what is in the works,
 *     so that a download can wait for rare pieces without standing still
 * @param stallTimeout without a verified piece for this long, the attempt fails
 * @param closeTimeout how long a stop waits for the swarm and for requests in flight
 */
@ConfigurationProperties("piecework.transfer")
public record TransferSettings(
    @DefaultValue("48MB") DataSize windowBytes,
    @DefaultValue("512MB") DataSize starvedWindowBytes,
    @DefaultValue("10m") Duration stallTimeout,
    @DefaultValue("8s") Duration closeTimeout) {

  /** Refuses what cannot work, saying which setting is wrong. */
  public TransferSettings {
    if (windowBytes.toBytes() < 1) {
      throw new IllegalArgumentException(
          "piecework.transfer.window-bytes is %s: expected 1 MB or more, as 48MB"
              .formatted(windowBytes));
    }
    if (starvedWindowBytes.compareTo(windowBytes) < 0) {
      throw new IllegalArgumentException(
          "piecework.transfer.starved-window-bytes is %s: expected at least window-bytes, which is %s"
              .formatted(starvedWindowBytes, windowBytes));
    }
    if (stallTimeout.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "piecework.transfer.stall-timeout is %s: expected at least 1s, as 10m"
              .formatted(stallTimeout));
    }
    if (closeTimeout.isNegative() || closeTimeout.isZero()) {
      throw new IllegalArgumentException(
          "piecework.transfer.close-timeout is %s: expected a time above zero, as 8s"
              .formatted(closeTimeout));
    }
  }
}
