package dev.piecework.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Names the configuration file. It is read before the command line is, because it gives options
 * their defaults; so here the option is only declared, and found by {@link #find}.
 */
final class ConfigOption {
  /** These need no settings, and help must be had whatever the file looks like. */
  private static final Set<String> WITHOUT =
      Set.of("-h", "--help", "help", "-V", "--version", "version", "completion");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "Settings of yours, read where neither option nor environment says otherwise.",
        "Environment: PIECEWORK_CONFIG. Default: ~/.config/piecework/config"
      })
  @Nullable Path file;

  /** The file that a command line names. */
  static Optional<String> find(List<String> arguments) {
    for (int i = 0; i < arguments.size() && !arguments.get(i).equals("--"); i++) {
      if (arguments.get(i).equals("--config") && i + 1 < arguments.size()) {
        return Optional.of(arguments.get(i + 1));
      }
      if (arguments.get(i).startsWith("--config=")) {
        return Optional.of(arguments.get(i).substring("--config=".length()));
      }
    }
    return Optional.empty();
  }

  /** Whether a command line asks for something that has no use for settings. */
  static boolean needless(List<String> arguments) {
    return arguments.isEmpty()
        || WITHOUT.contains(arguments.getFirst())
        || arguments.contains("--help")
        || arguments.contains("-h");
  }
}
