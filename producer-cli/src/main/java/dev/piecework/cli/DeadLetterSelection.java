package dev.piecework.cli;

import dev.piecework.cli.broker.DeadLetter;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Which dead letters are meant. */
final class DeadLetterSelection {
  @Parameters(arity = "0..*", paramLabel = "JOB", description = "Ids of jobs.")
  List<String> jobIds = List.of();

  @Option(
      names = "--index",
      paramLabel = "INDEX",
      description = {
        "The place in the queue that \"dlq list\" shows; for messages that are no job.",
        "May be given several times."
      })
  Set<Integer> indices = Set.of();

  @Option(
      names = "--code",
      paramLabel = "CODE",
      description = "All with this code. May be given several times.")
  Set<String> codes = Set.of();

  @Option(names = "--all", description = "All of them.")
  boolean all;

  /**
   * Refuses a selection of nothing.
   *
   * @throws ParameterException when nothing is selected
   */
  void check(CommandLine command) {
    if (!all && jobIds.isEmpty() && indices.isEmpty() && codes.isEmpty()) {
      throw new ParameterException(
          command, "which dead letters? Expected the ids of jobs, --index, --code or --all");
    }
    jobIds.forEach(id -> JobIds.check(command, id));
  }

  boolean matches(DeadLetter letter) {
    return all
        || letter.jobId().filter(jobIds::contains).isPresent()
        || indices.contains(letter.index())
        || codes.contains(letter.code());
  }
}
