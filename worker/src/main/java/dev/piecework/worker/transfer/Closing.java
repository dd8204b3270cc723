package dev.piecework.worker.transfer;

import dev.piecework.engine.Torrent;
import dev.piecework.worker.scratch.JobScratch;
import dev.piecework.worker.scratch.ScratchException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of an end; none of them may keep the others from being taken. */
final class Closing {
  private static final Logger log = LoggerFactory.getLogger(Closing.class);

  private Closing() {}

  /** Stops a torrent, if there is one, and waits for it. */
  static void stop(@Nullable Torrent torrent, Duration patience, String jobId) {
    if (torrent == null) {
      return;
    }
    try {
      torrent.stop().get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      log.warn("the swarm of job {} does not stop within {} s", jobId, patience.toSeconds());
    } catch (ExecutionException e) {
      log.warn("the swarm of job {} did not stop cleanly", jobId, e);
    }
  }

  /** Closes scratch. */
  static void close(JobScratch scratch) {
    try {
      scratch.close();
    } catch (ScratchException e) {
      log.warn("{}", e.getMessage());
    }
  }
}
