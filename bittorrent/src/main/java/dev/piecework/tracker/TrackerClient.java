package dev.piecework.tracker;

import java.util.concurrent.CompletableFuture;

/** Sends one announce. */
@FunctionalInterface
interface TrackerClient {
  /**
   * Announces; does not block. Cancelling the result closes what was opened for it.
   *
   * @return what came of it; never completes exceptionally but by cancelling
   */
  CompletableFuture<AnnounceResult> announce(TrackerUrl url, AnnounceRequest request);
}
