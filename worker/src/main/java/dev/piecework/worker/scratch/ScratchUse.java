package dev.piecework.worker.scratch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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

  /** What each job's folder holds; those at work, of other workers of the host, too. */
  static Map<Path, Long> idle(Path jobs) throws IOException {
    Map<Path, Long> idle = new LinkedHashMap<>();
    try (Stream<Path> folders = Files.list(jobs)) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        idle.put(folder, held(folder));
      }
    } catch (UncheckedIOException e) {
      return idle; // Another worker of the host deletes at this moment.
    }
    return idle;
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
