package dev.piecework.cli;

import dev.piecework.message.JobRules;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Job ids as arguments. */
final class JobIds {
  private static final Pattern ID =
      Pattern.compile("[A-Za-z0-9_-]{1," + JobRules.MAX_ID_LENGTH + "}");

  private JobIds() {}

  /**
   * Refuses what can be no job's id, before anything is asked about it.
   *
   * @throws ParameterException when it cannot
   */
  static void check(CommandLine command, String id) {
    if (!ID.matcher(id).matches()) {
      throw new ParameterException(
          command,
          "'"
              + id
              + "' is no job's id: expected 1 to "
              + JobRules.MAX_ID_LENGTH
              + " of A-Z a-z 0-9 _ -");
    }
  }
}
