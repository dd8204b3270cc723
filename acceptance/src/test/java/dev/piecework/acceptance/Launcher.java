package dev.piecework.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the launcher script would run, without its build: a test must measure the very flags that
 * users get, on the very jars that this build made.
 */
public final class Launcher {
  private static final Path ROOT = root();
  private static final Pattern COMMON = Pattern.compile("\\nflags=\\(([^)]*)\\)");

  private Launcher() {}

  /** Arguments of {@code java} for a worker. */
  public static List<String> worker() {
    return command("worker", Pattern.compile("\\n  worker\\)[^;]*?flags\\+=\\(([^)]*)\\)"));
  }

  /** Arguments of {@code java} for what runs everything in one process. */
  static List<String> standalone(List<String> arguments) {
    List<String> command =
        command(
            "standalone",
            Pattern.compile("\\n  run \\| demo \\| services\\)[^;]*?flags\\+=\\(([^)]*)\\)"));
    command.addAll(arguments);
    return command;
  }

  /** Arguments of {@code java} for the command line's other commands. */
  static List<String> cli(List<String> arguments) {
    List<String> command =
        command("producer-cli", Pattern.compile("\\n  \\*\\)[^;]*?flags\\+=\\(([^)]*)\\)"));
    command.addAll(arguments);
    return command;
  }

  /** The C library's setting that goes with the flags. */
  public static String mallocArenas() {
    return single(Pattern.compile("MALLOC_ARENA_MAX=\\$\\{MALLOC_ARENA_MAX:-(\\d+)}"));
  }

  private static List<String> command(String module, Pattern flags) {
    Path jar = ROOT.resolve(module).resolve("target").resolve(module + ".jar");
    if (!Files.exists(jar) || !Files.isDirectory(jar.resolveSibling("lib"))) {
      throw new IllegalStateException(
          "no " + jar + " with a lib folder beside it: run ./check, or ./mvnw package");
    }
    List<String> command = new ArrayList<>();
    command.addAll(List.of(single(COMMON).strip().split("\\s+")));
    command.addAll(List.of(single(flags).strip().split("\\s+")));
    command.addAll(List.of("-jar", jar.toString()));
    return command;
  }

  private static String single(Pattern pattern) {
    try {
      Matcher matcher = pattern.matcher(Files.readString(ROOT.resolve("piecework")));
      if (!matcher.find()) {
        throw new IllegalStateException("the launcher script has nothing like " + pattern);
      }
      return matcher.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the launcher script", e);
    }
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(folder.resolve("piecework"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("not inside the source tree: no launcher script above");
      }
    }
    return folder;
  }
}
