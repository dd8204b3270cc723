package dev.piecework.cli;

import dev.piecework.message.ControlRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives jobs up. */
@Command(
    name = "cancel",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Give jobs up: open uploads are aborted, scratch is discarded.",
      "In any state but completed. Finished objects stay, unless --delete-objects is given.",
      "Of a job that seeds, which is complete, the seeding ends.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework cancel era5-2026 --delete-objects",
      "  piecework list --label team=climate --state queued -o name | xargs piecework cancel"
    })
final class CancelCommand extends OrderCommand {
  @Option(
      names = "--delete-objects",
      description = {
        "Also delete the objects that these jobs have finished,",
        "where they are still what was uploaded."
      })
  boolean deleteObjects;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; kept in the history of the job.")
  String reason = "";

  CancelCommand(CliContext context) {
    super(context);
  }

  @Override
  ControlRequest request(String job) {
    return new ControlRequest.Cancel(job, deleteObjects, reason);
  }
}
