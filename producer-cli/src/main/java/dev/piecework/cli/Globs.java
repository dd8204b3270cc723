package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
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
   * The files that a pattern matches, sorted.
   *
   * @throws CliException with {@link ExitCode#BAD_SOURCE} when there is none
   */
  static List<String> expand(String pattern) {
    List<String> elements = new ArrayList<>(List.of(pattern.split("/+")));
    boolean absolute = pattern.startsWith("/");
    if (absolute) {
      elements.removeFirst();
    }
    List<Path> found = new ArrayList<>();
    try {
      walk(absolute ? "/" : "", elements, found);
    } catch (PatternSyntaxException e) {
      throw bad(pattern, "is no pattern (" + e.getDescription() + "), and no such file exists");
    } catch (IOException e) {
      throw bad(
          pattern,
          "cannot be looked up (" + e.getClass().getSimpleName() + "): check the permissions");
    }
    if (found.isEmpty()) {
      throw bad(pattern, "matches no file");
    }
    return found.stream().sorted().distinct().map(Path::toString).toList();
  }

  private static void walk(String folder, List<String> elements, List<Path> found)
      throws IOException {
    String element = elements.getFirst();
    List<String> rest = elements.subList(1, elements.size());
    if (element.equals("**")) {
      walk(folder, rest.isEmpty() ? List.of("*") : rest, found);
      for (Path child : children(folder, "*")) {
        // A link may lead back to where we are.
        if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
          walk(child.toString(), elements, found);
        }
      }
      return;
    }
    List<Path> matched =
        SPECIAL.matcher(element).find()
            ? children(folder, element)
            : List.of(Path.of(folder, element));
    for (Path path : matched) {
      if (rest.isEmpty() && Files.isRegularFile(path)) {
        found.add(path);
      } else if (!rest.isEmpty() && Files.isDirectory(path)) {
        walk(path.toString(), rest, found);
      }
    }
  }

  private static List<Path> children(String folder, String pattern) throws IOException {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    boolean hidden = pattern.startsWith(".");
    try (Stream<Path> children = Files.list(Path.of(folder))) {
      return children
          .map(child -> Path.of(folder, child.getFileName().toString()))
          .filter(child -> hidden || !child.getFileName().toString().startsWith("."))
          .filter(child -> matcher.matches(child.getFileName()))
          .toList();
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
}
