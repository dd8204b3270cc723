package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Temporary folders, made and removed as a whole. */
public final class Folders {
  private Folders() {}

  /** A new folder under the system's temporary one; remove it with {@link #delete}. */
  public static Path temporary(String name) {
    try {
      return Files.createTempDirectory("piecework-" + name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a temporary folder", e);
    }
  }

  /** Removes a tree if it is there. What another process removes meanwhile is no fault. */
  public static void delete(Path tree) {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(tree)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    } catch (IOException | UncheckedIOException e) {
      return; // a process that is dying still writes there: the temporary folder stays
    }
    for (Path path : deepestFirst) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        return;
      }
    }
  }
}
