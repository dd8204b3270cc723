package dev.piecework.cli;

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
