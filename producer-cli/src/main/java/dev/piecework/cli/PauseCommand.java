package dev.piecework.cli;

import dev.piecework.message.ControlRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lets jobs rest. */
@Command(
    name = "pause",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Let jobs rest until they are resumed; what they have done is kept.",
      "Jobs that are queued, running, or waiting for their next attempt.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  piecework pause era5-2026 --reason \"line needed for the backup\""})
final class PauseCommand extends OrderCommand {
  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; kept in the history of the job.")
  String reason = "";

  PauseCommand(CliContext context) {
    super(context);
  }

  @Override
  ControlRequest request(String job) {
    return new ControlRequest.Pause(job, reason);
  }
}
