package dev.piecework.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** What a process holds open, as Linux tells it under {@code /proc}. */
final class OpenFiles {
  private final List<String> targets;

  private OpenFiles(List<String> targets) {
    this.targets = targets;
  }

  /** Of a process, now. */
  static OpenFiles of(long pid) {
    List<String> targets = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path link : links.toList()) {
        try {
          targets.add(Files.readSymbolicLink(link).toString());
        } catch (NoSuchFileException closed) {
          // Since it was listed.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read what process " + pid + " holds open", e);
    }
    return new OpenFiles(targets);
  }

  /** Files of scratch. */
  long segments() {
    return targets.stream().filter(target -> target.contains("/segment-")).count();
  }

  /** All of it: files, sockets, pipes. */
  int count() {
    return targets.size();
  }

  /** TCP connections, over IPv4 or IPv6, to a port. */
  long connectionsTo(int port) {
    Set<String> inodes = new HashSet<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      try (Stream<String> lines = Files.lines(Path.of(table))) {
        lines
            .map(line -> line.strip().split("\\s+"))
            .filter(columns -> columns.length > 9)
            .filter(columns ->
                columns[2].toLowerCase(Locale.ROOT).endsWith(String.format(":%04x", port)))
            .forEach(columns -> inodes.add("socket:[" + columns[9] + "]"));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + table, e);
      }
    }
    return targets.stream().filter(inodes::contains).count();
  }
}
