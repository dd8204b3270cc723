package dev.piecework.worker.scratch;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for room on a disk that is full, as long as the settings allow: uploads go on and make
 * some, and so may the operator.
 */
final class FullDisk {
  private static final Logger log = LoggerFactory.getLogger(FullDisk.class);
  private static final long LOOK_MILLIS = 250;

  private final Duration patience;
  private final Runnable makeRoom;

  /**
   * @param patience how long a write is tried again
   * @param makeRoom deletes what can be done without
   */
  FullDisk(Duration patience, Runnable makeRoom) {
    this.patience = patience;
    this.makeRoom = makeRoom;
  }

  /** Something that needs room. */
  interface Write {
    void run() throws IOException;
  }

  static boolean isFull(IOException e) {
    String reason = String.valueOf(e.getMessage());
    return reason.contains("No space left") || reason.contains("quota");
  }

  /**
   * Writes; again and again while the disk is full.
   *
   * @param ended asked between attempts; when true, the last one counts
   */
  void write(Path path, Write write, BooleanSupplier ended) throws ScratchException {
    long began = System.nanoTime();
    boolean said = false;
    while (true) {
      try {
        write.run();
        if (said) {
          log.info("scratch file {}: there is room again", path);
        }
        return;
      } catch (IOException e) {
        Duration waited = Duration.ofNanos(System.nanoTime() - began);
        if (!isFull(e) || ended.getAsBoolean() || waited.compareTo(patience) >= 0) {
          throw ScratchException.of("write", path, e, waited);
        }
        if (!said) {
          said = true;
          log.warn(
              "the disk of scratch file {} is full; waiting up to {} s for room",
              path,
              patience.toSeconds());
        }
        makeRoom.run();
        pause(path, e, waited);
      }
    }
  }

  private static void pause(Path path, IOException e, Duration waited) throws ScratchException {
    try {
      Thread.sleep(LOOK_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw ScratchException.of("write", path, e, waited);
    }
  }
}
