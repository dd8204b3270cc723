package dev.piecework.worker.scratch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** How much scratch may use when no setting says it. */
final class ScratchUse {
  private ScratchUse() {}

  /** The setting; or nine tenths of what is free and of what the jobs' folders hold already. */
  static long limit(ScratchSettings settings, Path jobs) throws IOException {
    if (settings.maxBytes().toBytes() > 0) {
      return settings.maxBytes().toBytes();
    }
    long room = Files.getFileStore(jobs).getUsableSpace() + held(jobs);
    return Math.max(1, room / 10 * 9);
  }

  private static long held(Path jobs) throws IOException {
    try (Stream<Path> files = Files.walk(jobs, 2)) {
      return files.mapToLong(ScratchUse::size).sum();
    } catch (UncheckedIOException e) {
      return 0; // Another worker of the host deletes at this moment.
    }
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
