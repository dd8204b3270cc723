package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Expands the patterns that a shell left alone, because they were quoted or because there is no
 * shell: {@code *}, <code>?</code>, {@code [a-z]}, {@code {a,b}} within a name, and {@code **} for
 * folders at any depth. As in a shell, a name that begins with a dot is matched only by a pattern
 * that does.
 */
final class Globs {
  private static final Pattern SPECIAL = Pattern.compile("[*?\\[{]");

  private Globs() {}

  /** Whether this is a pattern and no file's own name. */
  static boolean isPattern(String argument) {
    return SPECIAL.matcher(argument).find() && !exists(argument);
  }

  /**
   * The files that a pattern matches, sorted. A folder that cannot be read is passed over, as a
   * shell does.
   *
   * @param warnings is told of each such folder
   * @throws CliException with {@link ExitCode#BAD_SOURCE} when there is none
   */
  static List<String> expand(String pattern, Consumer<String> warnings) {
    Unreadable unreadable = new Unreadable(pattern, warnings);
    List<String> elements = new ArrayList<>(List.of(pattern.split("/+")));
    boolean absolute = pattern.startsWith("/");
    if (absolute) {
      elements.removeFirst();
    }
    List<Path> found = new ArrayList<>();
    try {
      walk(Path.of(absolute ? "/" : ""), elements, found, unreadable);
    } catch (PatternSyntaxException e) {
      throw bad(pattern, "is no pattern (" + e.getDescription() + "), and no such file exists");
    } catch (InvalidPathException e) {
      throw bad(pattern, "is no pattern (" + e.getReason() + "), and no such file exists");
    }
    unreadable.end();
    if (found.isEmpty()) {
      throw bad(pattern, "matches no file" + (unreadable.count > 0 ? " that can be read" : ""));
    }
    return found.stream().sorted().distinct().map(TorrentFiles::name).toList();
  }

  private static void walk(
      Path folder, List<String> elements, List<Path> found, Unreadable unreadable) {
    String element = elements.getFirst();
    List<String> rest = elements.subList(1, elements.size());
    if (element.equals("**")) {
      walk(folder, rest.isEmpty() ? List.of("*") : rest, found, unreadable);
      for (Path child : children(folder, "*", unreadable)) {
        // A link may lead back to where we are.
        if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
          walk(child, elements, found, unreadable);
        }
      }
      return;
    }
    List<Path> matched =
        SPECIAL.matcher(element).find()
            ? children(folder, element, unreadable)
            : List.of(folder.resolve(element));
    for (Path path : matched) {
      if (rest.isEmpty() && Files.isRegularFile(path)) {
        found.add(path);
      } else if (!rest.isEmpty() && Files.isDirectory(path)) {
        walk(path, rest, found, unreadable);
      }
    }
  }

  private static List<Path> children(Path folder, String pattern, Unreadable unreadable) {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    boolean hidden = pattern.startsWith(".");
    try (Stream<Path> children = Files.list(folder)) {
      return children
          // Resolved as they are: a name may have bytes that no text has.
          .map(child -> folder.resolve(child.getFileName()))
          .filter(child -> hidden || !child.getFileName().toString().startsWith("."))
          .filter(child -> matcher.matches(child.getFileName()))
          .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (IOException | UncheckedIOException e) {
      unreadable.add(folder, e);
      return List.of();
    }
  }

  private static boolean exists(String argument) {
    try {
      return Files.exists(Path.of(argument));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static CliException bad(String pattern, String problem) {
    return new CliException(ExitCode.BAD_SOURCE, pattern + " " + problem);
  }

  /** Folders that were passed over: once each, and not more than a person reads. */
  private static final class Unreadable {
    private static final int TOLD = 10;

    private final String pattern;
    private final Consumer<String> warnings;
    private final Set<Path> folders = new HashSet<>();
    private int count;

    Unreadable(String pattern, Consumer<String> warnings) {
      this.pattern = pattern;
      this.warnings = warnings;
    }

    void add(Path folder, Exception cause) {
      if (folders.add(folder) && ++count <= TOLD) {
        warnings.accept(
            "folder %s is passed over: %s"
                .formatted(
                    folder,
                    cause instanceof AccessDeniedException
                        ? "permission denied"
                        : cause.getClass().getSimpleName()));
      }
    }

    void end() {
      if (count > TOLD) {
        warnings.accept(
            "%d more folders below %s are passed over".formatted(count - TOLD, pattern));
      }
    }
  }
}
