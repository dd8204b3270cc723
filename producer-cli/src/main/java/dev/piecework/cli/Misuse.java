package dev.piecework.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line. */
final class Misuse {
  /** More is another word. */
  private static final int MOST_SLIPS = 2;

  private Misuse() {}

  /**
   * What is wrong.
   *
   * @param arguments the whole command line
   */
  static String describe(ParameterException e, List<String> arguments) {
    CommandLine command = e.getCommandLine();
    if (e instanceof MissingParameterException) {
      // The parser looks at what is missing first, but a misspelt option is the likelier cause.
      Optional<String> unknown = unknownOption(command, arguments);
      if (unknown.isPresent()) {
        return "Unknown option: '" + unknown.get() + "'";
      }
    }
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption()) {
      String first = unmatched.getUnmatched().getFirst();
      return command.getParent() == null
          ? "unknown command '" + first + "'"
          : "unexpected argument '" + first + "'";
    }
    if (e instanceof UnmatchedArgumentException unmatched && unmatched.getUnmatched().size() == 1) {
      // Without its value, which may be a secret in the wrong place.
      return "Unknown option: '" + unmatched.getUnmatched().getFirst().split("=", 2)[0] + "'";
    }
    return String.valueOf(e.getMessage());
  }

  /** The command that a misspelt one is for, if there is one near: with its parents' names. */
  static Optional<String> nearestCommand(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched) || unmatched.isUnknownOption()) {
      return Optional.empty();
    }
    String given = unmatched.getUnmatched().getFirst();
    return e.getCommandLine().getSubcommands().entrySet().stream()
        .filter(each -> slips(given, each.getKey()) <= MOST_SLIPS)
        .min(Comparator.comparingInt(each -> slips(given, each.getKey())))
        .map(each -> each.getValue().getCommandSpec().qualifiedName());
  }

  /**
   * Slips of the hand that make one word of another: a letter changed, added, left out, or swapped
   * with its neighbour (optimal string alignment distance).
   */
  static int slips(String one, String other) {
    int[][] least = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          least[i][j] = i + j;
          continue;
        }
        int change = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        least[i][j] =
            Math.min(least[i - 1][j - 1] + change, Math.min(least[i - 1][j], least[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          least[i][j] = Math.min(least[i][j], least[i - 2][j - 2] + 1);
        }
      }
    }
    return least[one.length()][other.length()];
  }

  private static Optional<String> unknownOption(CommandLine command, List<String> arguments) {
    Map<String, OptionSpec> options = command.getCommandSpec().optionsMap();
    boolean isValue = false;
    for (String argument : arguments) {
      if (argument.equals("--")) {
        break;
      }
      boolean wasValue = isValue;
      isValue = false;
      if (wasValue || !argument.startsWith("-") || argument.length() == 1) {
        continue;
      }
      OptionSpec option = options.get(argument);
      if (option != null) {
        isValue = option.arity().min() > 0;
        continue;
      }
      // --name=value, and -x with its value or other short options behind it.
      String name =
          argument.startsWith("--") ? argument.split("=", 2)[0] : argument.substring(0, 2);
      if (!options.containsKey(name)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }
}
