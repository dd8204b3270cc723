package dev.piecework.cli;

import dev.piecework.message.ControlRequest;
import picocli.CommandLine.Command;

/** Has paused jobs go on. */
@Command(
    name = "resume",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {"Have paused jobs go on from where they were.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework resume era5-2026",
      "  piecework list --state paused -o name | xargs piecework resume"
    })
final class ResumeCommand extends OrderCommand {
  ResumeCommand(CliContext context) {
    super(context);
  }

  @Override
  ControlRequest request(String job) {
    return new ControlRequest.Resume(job);
  }
}
