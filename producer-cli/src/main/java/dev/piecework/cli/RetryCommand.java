package dev.piecework.cli;

import dev.piecework.message.ControlRequest;
import picocli.CommandLine.Command;

/** Has failed jobs try again. */
@Command(
    name = "retry",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Have failed or cancelled jobs try again.",
      "Jobs that wait for their next attempt have it now.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  piecework list --state failed -o name | xargs piecework retry"})
final class RetryCommand extends OrderCommand {
  RetryCommand(CliContext context) {
    super(context);
  }

  @Override
  ControlRequest request(String job) {
    return new ControlRequest.Retry(job);
  }
}
