package dev.piecework.worker.scratch;

import dev.piecework.worker.fault.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** Scratch failed: the message says where, how much space is left, and what to do. */
public final class ScratchException extends IOException {
  ScratchException(String message) {
    super(message);
  }

  private ScratchException(String message, IOException cause) {
    super(message, cause);
  }

  /**
   * @param action what was being done, as {@code "write"}
   * @param path to what
   */
  static ScratchException of(String action, Path path, IOException cause) {
    return of(action, path, cause, Duration.ZERO);
  }

  /**
   * The same, of what was tried for a while.
   *
   * @param tried how long; less than a second is not told
   */
  static ScratchException of(String action, Path path, IOException cause, Duration tried) {
    if (cause instanceof ScratchException already) {
      return already;
    }
    String reason = String.valueOf(cause.getMessage());
    boolean full = FullDisk.isFull(cause);
    return new ScratchException(
        "cannot %s scratch file %s (%s free): %s; %s"
            .formatted(
                action,
                path,
                free(path),
                tried.toSeconds() > 0 ? reason + " for %d s".formatted(tried.toSeconds()) : reason,
                full
                    ? "free space there, or point piecework.scratch.directory at a larger disk"
                    : "check the disk and the rights on piecework.scratch.directory"),
        cause);
  }

  static ScratchException refused(PrivateFolder.RefusedException cause) {
    return new ScratchException(
        "cannot use scratch folder %s: %s. Delete it, or point piecework.scratch.directory at a folder of the worker's own user"
            .formatted(cause.getFile(), cause.getReason()),
        cause);
  }

  /** The fault of a job that met this. */
  public Fault fault() {
    return new Fault(Fault.Kind.SCRATCH_FAILED, String.valueOf(getMessage()));
  }

  private static String free(Path path) {
    try {
      Path existing = path;
      while (!Files.exists(existing) && existing.getParent() != null) {
        existing = existing.getParent();
      }
      long bytes = Files.getFileStore(existing).getUsableSpace();
      return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    } catch (IOException e) {
      return "unknown space";
    }
  }
}
