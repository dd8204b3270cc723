package dev.piecework.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What to do about messages that no worker could do anything with. */
@Command(
    name = "dlq",
    description = "Look at dead letters, and submit them again: jobs that failed for good.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework dlq list",
      "  piecework dlq show era5-2026",
      "  piecework dlq requeue era5-2026",
      "  piecework dlq requeue --code STORE_UNAVAILABLE",
      "  piecework dlq purge --all --yes"
    })
final class DlqCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "what about the dead letters? Expected list, show, requeue or purge");
  }
}
